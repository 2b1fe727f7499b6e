"""How close a row is: its difference beside what rounding explains and what float32 can see, as places on one logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from parity.comparison import Row
from parity.results import Result
from parity.verdict import MARGIN, Measure, Verdict

FLOOR, CEILING = -18.0, 0.0  # of a strip: log10 of a share of the tensor's scale; float64 rounds at 1e-16, float32 at 1e-7
LEAST, MOST = -4.0, 14.0  # of a lane: log10 of the difference over what rounding explains
_COUNTED = {Verdict.IDENTICAL, Verdict.EQUIVALENT, Verdict.IMPRECISE}


def explained(row: Row) -> float:
    """The largest difference that rounding explains.

    A step's bound has a floor that the row does not carry (the weight's own rounding), so an agreeing row is never shown beyond its bound.
    """
    bound = MARGIN * row.torch_error if row.role == "trajectory" else _measure(row).rounding_bound
    return max(bound, row.difference) if row.verdict in _COUNTED else bound


def seen(row: Row) -> float:
    """The smallest difference that float32 can see."""
    return max(2 * _measure(row).visible, explained(row))


def excess(row: Row) -> float | None:
    """Difference over what rounding explains; None where there are no numbers to compare (another shape, NaN, a missing tensor)."""
    if row.verdict.severity < Verdict.DIFFERENT.severity or row.verdict is Verdict.DTYPE:
        return None
    if row.difference == 0:
        return None if row.verdict is Verdict.DIFFERENT else 0.0  # None: a fact, or digits lost in float32 only
    bound = explained(row)
    return row.difference / bound if bound else math.inf


@dataclass(frozen=True)
class Strip:
    """Per cent from the left: the difference, the end of rounding's part, the end of float32's blind part."""

    difference: int
    rounding: int
    sight: int


def strip(row: Row) -> Strip | None:
    """The places of one row; None where nothing was measured."""
    if row.scale <= 0 or not math.isfinite(row.scale) or not math.isfinite(row.difference):
        return None
    return Strip(_place(row.difference / row.scale), _place(explained(row) / row.scale), _place(seen(row) / row.scale))


def lane(result: Result) -> float | None:
    """The place of a case on its concept's lane in per cent: its row with the largest excess; -1 for no difference at all, None without numbers."""
    found = [excess(row) for row in _judged(result.rows)]
    if not found or any(value is None for value in found):
        return None
    return lane_place(max(value for value in found if value is not None))


def lane_place(ratio: float) -> float:
    if ratio == 0:
        return -1.0
    return round(100 * min(max((math.log10(ratio) - LEAST) / (MOST - LEAST), 0.0), 1.0), 1) if math.isfinite(ratio) else 100.0


def _judged(rows: Iterable[Row]) -> list[Row]:
    rows = list(rows)
    return [row for row in rows if not row.known] or rows


def _measure(row: Row) -> Measure:
    return Measure(row.difference, row.torch_error, row.keras_error, row.scale)


def _place(share: float) -> int:
    if share <= 0:
        return 0
    return round(100 * min(max((math.log10(share) - FLOOR) / (CEILING - FLOOR), 0.0), 1.0))
