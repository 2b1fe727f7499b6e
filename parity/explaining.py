"""A pitfall of the catalogue, or a concept with its cases, as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from textwrap import indent
from typing import Any

import numpy as np

from parity.case import AnyCase, Build, Draw
from parity.discovery import PatternError, select
from parity.errors import ParityUsageError
from parity.pitfalls import TIERS, Entry, concerning, entry


def explain(name: str) -> str:
    """The text of a pitfall (id or slug), or of the cases that a pattern fits.

    Raises:
        ParityUsageError: it is neither.
    """
    try:
        return _pitfall(entry(name))
    except ParityUsageError as no_pitfall:
        try:
            cases = select([name])
        except PatternError as no_case:
            raise ParityUsageError(f"{name!r} is neither a pitfall nor a case. {no_pitfall} {no_case}") from None
    concepts = dict.fromkeys(case.concept for case in cases)
    return "\n\n".join(_concept(concept, [case for case in cases if case.concept == concept]) for concept in concepts)


def _pitfall(found: Entry) -> str:
    parts = {
        "PyTorch": found.torch,
        "Keras": found.keras,
        "Make them equal": found.fix,
        "How it shows": found.symptom,
        "Measured": "\n".join(found.measured),
        "Not measured": found.unmeasured,
        "Source": found.source,
        "Concerns": ", ".join(found.concerns),
    }
    body = "\n".join(f"{title}:\n{indent(text, '  ')}" for title, text in parts.items() if text)
    return f"{found.id} {found.slug} ({TIERS[found.tier]})\n{body}"


def _concept(concept: str, cases: list[AnyCase]) -> str:
    lines = [concept, *(f"  {case.id}\n{indent(_told(case), '    ')}" for case in cases)]
    known = concerning(concept)
    if known:
        lines += ["  pitfalls:", *(f"    {e.id} {e.slug}: {e.symptom}" for e in known)]
    return "\n".join(lines)


def _told(case: AnyCase) -> str:
    """The fields that are not at their default, one a line."""
    blank = type(case)(case.target)
    told = {spec.name: getattr(case, spec.name) for spec in fields(case) if getattr(case, spec.name) != getattr(blank, spec.name)}
    return "\n".join(f"{name}: {_shown(value)}" for name, value in told.items() if name not in {"target", "name"})


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items())
    if isinstance(value, Draw):
        return f"{np.asarray(value.values).tolist()}" if value.kind == "values" else f"{value.kind} {value.shape}"
    if isinstance(value, Build):
        return f"{value.target}({_shown(value.config)})"
    return f"({', '.join(map(_shown, value))})" if isinstance(value, tuple) else repr(value)
