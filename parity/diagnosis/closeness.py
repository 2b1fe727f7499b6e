"""Equal for the purpose of a trial, and which rows failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.row import Row

SAME = 1e-9  # relative, in float64: what two ways of writing a formula may part by


def equal(actual: Any, expected: Any, bound: float = SAME) -> bool:
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    if actual.shape != expected.shape:
        return False
    scale = float(np.max(np.abs(expected), initial=0.0))
    return bool(np.max(np.abs(actual - expected), initial=0.0) <= bound * max(scale, 1e-300))


def failing(rows: Sequence[Row], role: str) -> list[Row]:
    return [row for row in rows if row.role == role and row.failing]


def name_of(thing: Any) -> str:
    return getattr(thing, "__name__", type(thing).__name__)
