"""The independent exam's outcome, as `python -m tests.exam --full --report` writes it into exam.json: torch's own test database against the twins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.report.reading import read_made

FAULTS = ("no twin", "differ", "not supported", "torch refuses")
HEADINGS = ("name", "inputs", "tried", "agree", "of which all zero", *FAULTS, "reasons")


@dataclass(frozen=True)
class Part:
    """A part of the database: its names, each with its counts and its reasons."""

    title: str
    lines: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Exam:
    """The totals in sentences, the parts, and what it was made with."""

    totals: tuple[str, ...]
    parts: tuple[Part, ...]
    made: Mapping[str, str]

    @property
    def faults(self) -> tuple[str, ...]:
        return FAULTS


def read_exam(path: Path) -> Exam | None:
    """The exam in a file; None when there is none.

    Raises:
        ParityUsageError: not such a file.
    """
    return read_made(path, _exam, what="an exam", write="python -m tests.exam --full --report") if path.is_file() else None


def _exam(data: Any) -> Exam:
    parts = tuple(Part(title, tuple(line for line in data["lines"] if line["part"] == name)) for name, title in data["parts"].items())
    for line in data["lines"]:
        line["name"], line["inputs"], line["tried"], line["agree"], line["zeros"], line["counts"], line["reasons"]
    return Exam(tuple(data["totals"]), parts, data["made"])
