"""Finding cases: every module below `parity.cases` with a list `CASES`. There is no registry."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from parity.case import AnyCase
from parity.errors import ParityUsageError


class PatternError(ParityUsageError):
    """No case fits a pattern; the message names the nearest."""


def all_cases(package: str = "parity.cases") -> tuple[AnyCase, ...]:
    """Every case, by module path.

    Raises:
        PatternError: two cases share an id.
    """
    root = importlib.import_module(package)
    modules = [root] + [importlib.import_module(info.name) for info in sorted(pkgutil.walk_packages(root.__path__, f"{package}."), key=lambda info: info.name)]
    cases = [case for module in modules for case in getattr(module, "CASES", ())]
    ids = [case.id for case in cases]
    if len(set(ids)) < len(ids):
        raise PatternError(f"Two cases share an id: {sorted({i for i in ids if ids.count(i) > 1})}; give each its own name.")
    return tuple(cases)


def select(patterns: Sequence[str], cases: Iterable[AnyCase] | None = None) -> tuple[AnyCase, ...]:
    """The cases that fit any pattern: an area, a concept, an id, or a glob over these.

    Raises:
        PatternError: a pattern fits none.
    """
    cases = all_cases() if cases is None else tuple(cases)
    for pattern in patterns:
        if not any(_fits(case, pattern) for case in cases):
            words = sorted({word for case in cases for word in (case.area, case.concept, case.target)})
            near = difflib.get_close_matches(pattern, words, n=3, cutoff=0.4)
            hint = f"nearest: {', '.join(near)}" if near else f"areas: {', '.join(sorted({case.area for case in cases}))}"
            raise PatternError(f"No case fits {pattern!r}; {hint}. `parity list` shows all.")
    return tuple(case for case in cases if any(_fits(case, pattern) for pattern in patterns))


def _fits(case: AnyCase, pattern: str) -> bool:
    words = (case.id, case.target, case.concept, case.area)
    return pattern in words or case.concept.startswith(f"{pattern}.") or any(fnmatchcase(word, pattern) for word in words)
