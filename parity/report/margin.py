"""The measured margin of the rule, as `make margin` writes it: {"rounding": [ratios], "faults": [{"name", "ratio"}], "made": {…}}."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parity.errors import ParityUsageError
from parity.report.reading import read_made


@dataclass(frozen=True)
class Margin:
    """Two populations: rows that differ by rounding alone, and planted faults. A ratio is a difference over what rounding explains."""

    rounding: tuple[float, ...]
    faults: tuple[tuple[str, float], ...]
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def largest_rounding(self) -> float:
        return max(self.rounding, default=0.0)

    @property
    def smallest_fault(self) -> float:
        return min((ratio for _, ratio in self.faults), default=math.inf)

    @property
    def zeros(self) -> int:
        """Rows without any difference: they have no place on a logarithmic axis."""
        return sum(ratio == 0 for ratio in self.rounding)

    @property
    def nearest_faults(self) -> list[tuple[str, float]]:
        """The faults nearest to the limit."""
        return sorted(self.faults, key=lambda fault: fault[1])[:10]


def read_margin(path: Path, *, required: bool = False) -> Margin | None:
    """The margin in a file; None when there is none and none is required.

    Raises:
        ParityUsageError: missing but required, or not such a file.
    """
    if not path.is_file():
        if required:
            raise ParityUsageError(f"No margin at {path}; `make margin` writes it.")
        return None
    return read_made(path, _margin, what="a measured margin", write="make margin")


def _margin(data: Any) -> Margin:
    faults = tuple((str(fault["name"]), float(fault["ratio"])) for fault in data["faults"])
    return Margin(tuple(float(ratio) for ratio in data["rounding"]), faults, data.get("made", {}))
