"""What `parity check` finds of planted faults, as `make faults` writes it to `faults.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parity.report.reading import read_made

COLUMNS = ("detected", "located", "named", "confirmed", "innocents")


@dataclass(frozen=True)
class Faults:
    """`check`: {group of faults: {"faults": how many, a rate a column}}; `usual`: {what people use today: {"detected": rate, "false_alarms": how many}}."""

    check: Mapping[str, Mapping[str, float]]
    usual: Mapping[str, Mapping[str, Any]]
    goals: Mapping[str, float]
    ports: int
    false_alarms: tuple[str, ...]
    vacuous: tuple[str, ...]
    cases: int
    of: int

    @property
    def columns(self) -> tuple[str, ...]:
        return COLUMNS


def read_faults(path: Path) -> Faults | None:
    """The rates in a file; None when there is none.

    Raises:
        ParityUsageError: not such a file.
    """
    return read_made(path, _faults, what="a result of planted faults", write="make faults") if path.is_file() else None


def _faults(data: Any) -> Faults:
    right = data["right"]
    alarms = tuple(alarm["case"] for alarm in right["false_alarms"])
    found = Faults(data["check"], data["usual"], data["goals"], right["ports"], alarms, tuple(right.get("vacuous", ())), data["cases"], data["of"])
    if any(not set(COLUMNS) <= set(row) for row in (*found.check.values(), found.goals)):
        raise KeyError("a rate is missing")
    return found
