"""The same numbers in another layout: which order of axes turns a torch array into what the Keras side holds.

An order under which the arrays are *equal* wins; otherwise the order that the kind of layer stands for. Never the order of least error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod

import numpy as np

from parity.spilling import LEAST, release

EQUAL = 2.0**-36  # of the size: far above what float64 loses, far below what float32 keeps
ROUNDED = 2.0**-23  # equal but for a constant that was rounded to float32
_FILL, _GAP = 1e4, 1e2  # what masks write in is at least so large, and so many times what stands beside it


@dataclass(frozen=True)
class Order:
    """First these axes, then this shape: `order.apply(torch array)` lies as the Keras side's, `order.undo` is its inverse."""

    axes: tuple[int, ...]
    shape: tuple[int, ...]

    def apply(self, array: np.ndarray) -> np.ndarray:
        return array.transpose(self.axes).reshape(self.shape)

    def undo(self, array: np.ndarray, shape: Sequence[int]) -> np.ndarray:
        moved = tuple(shape[axis] for axis in self.axes)
        return array.reshape(moved).transpose(np.argsort(self.axes))

    @property
    def plain(self) -> bool:
        return self.axes == tuple(range(len(self.axes)))


def close(actual: np.ndarray, expected: np.ndarray, bound: float = EQUAL) -> bool:
    """Equal for the purpose of finding values: to a few float64 digits, patterns of what is not finite included."""
    if actual.shape != expected.shape:
        return False
    if not actual.size:
        return True
    if actual.dtype.kind != "f" or expected.dtype.kind != "f":
        return bool(np.array_equal(actual, expected))
    fine = np.isfinite(expected)
    if not np.array_equal(np.isfinite(actual), fine):
        return False
    scale = float(np.max(np.abs(expected), where=fine, initial=0.0))
    apart = np.abs(actual - expected)
    if not np.max(apart, where=fine, initial=0.0) <= bound * scale:
        return False
    return scale < _FILL or _close_beside_fill(apart, np.abs(expected), fine, bound)


def _close_beside_fill(apart: np.ndarray, size: np.ndarray, fine: np.ndarray, bound: float) -> bool:
    """Beside the -1e9 of a mask, numbers of ordinary size are compared at their own size."""
    ordinary = fine & (size < _FILL / _GAP)
    own = float(np.max(size, where=ordinary, initial=0.0))
    if not own or np.any(fine & ~ordinary & (size < own * _GAP)):  # numbers of every size: no fill
        return True
    return bool(np.max(apart, where=ordinary, initial=0.0) <= bound * own)


def orders(shape: Sequence[int], target: Sequence[int]) -> Iterator[Order]:
    """Every order of axes that gives the target's shape, and those after which a reshape does: the likely ones first.

    >>> [order.axes for order in orders((2, 3, 5, 7), (2, 5, 7, 3))]
    [(0, 2, 3, 1)]
    """
    shape, target = tuple(shape), tuple(target)
    if prod(shape) != prod(target):
        return
    rank = len(shape)
    if rank > 6 or (rank == 6 and len(target) != 6):
        if shape == target:
            yield Order(tuple(range(rank)), target)
        return
    seen = set()
    for axes in sorted(permutations(range(rank)), key=lambda axes: _likelihood(axes, rank)):
        moved = tuple(shape[axis] for axis in axes)
        exact = moved == target
        if not exact and squeezed(moved) != squeezed(target) and len(target) == rank:
            continue
        key = tuple(axis for axis in axes if shape[axis] != 1) if exact or len(target) == rank else axes
        if key not in seen:
            seen.add(key)
            yield Order(axes, target)


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)


def _likelihood(axes: tuple[int, ...], rank: int) -> tuple[int, tuple[int, ...]]:
    identity = tuple(range(rank))
    last = (0, *range(2, rank), 1) if rank > 1 else identity
    swapped = (1, 0, *range(2, rank)) if rank > 1 else identity
    return next((i for i, likely in enumerate((identity, last, swapped)) if axes == likely), 3), axes


def channels_last(rank: int) -> tuple[int, ...]:
    return (0, *range(2, rank), 1) if rank > 2 else tuple(range(rank))


def matching(array: np.ndarray, target: np.ndarray, bound: float = EQUAL) -> Order | None:
    """The order under which the torch array equals the Keras one."""
    if array.size != target.size or not _alike(array, target, bound):
        return None
    for order in orders(array.shape, target.shape):
        if close(target, order.apply(array), bound):
            return order
    return None


def _alike(array: np.ndarray, target: np.ndarray, bound: float) -> bool:
    """Sums do not depend on the order of axes: most arrays part here, at the price of reading them."""
    if array.dtype.kind != "f" or target.dtype.kind != "f" or array.size < 64:
        return True
    total, size = float(array.sum()), float(np.abs(array).sum())
    if not np.isfinite(size):
        return True
    room = max(bound, 1e-9) * size * 4 + 1e-300
    return abs(float(target.sum()) - total) <= room and abs(float(np.abs(target).sum()) - size) <= room


def standing(array: np.ndarray, target: np.ndarray, canonical: Sequence[int] | None) -> Order | None:
    """The order to compare by: an equal one, else the canonical one where its shape fits, else the only one that fits in shape; None: no shape fits."""
    found = matching(array, target)
    if found is not None:
        return found
    if canonical is not None and len(canonical) == array.ndim and tuple(array.shape[axis] for axis in canonical) == target.shape:
        return Order(tuple(canonical), target.shape)
    fitting = [order for order in orders(array.shape, target.shape) if tuple(array.shape[axis] for axis in order.axes) == target.shape]
    return fitting[0] if fitting else None


@dataclass
class Index:
    """Arrays found again by value: candidates by size and sums, then compared as they are."""

    def __post_init__(self) -> None:
        self.held: dict[int, list[tuple[float, float, np.ndarray, object]]] = {}

    def add(self, array: np.ndarray, tag: object) -> None:
        if array.dtype.kind == "f" and array.size:
            self.held.setdefault(array.size, []).append((*_sums(array), array, tag))
            if array.nbytes >= LEAST:
                release()

    def find(self, array: np.ndarray, bound: float = EQUAL) -> Iterator[tuple[np.ndarray, object, Order]]:
        """Held arrays equal to this one up to layout, with the order that shows it."""
        if array.dtype.kind != "f" or not array.size:
            return
        if array.nbytes >= LEAST:
            release()
        total, size = _sums(array)
        loose = max(1e-9, bound)
        for other_total, other_size, held, tag in self.held.get(array.size, ()):
            if abs(size - other_size) <= loose * size + 1e-300 and abs(total - other_total) <= loose * size + 1e-300:
                order = matching(array, held, bound)
                if order is not None:
                    yield held, tag, order


def _sums(array: np.ndarray) -> tuple[float, float]:
    fine = np.where(np.isfinite(array), array, 0.0)
    return float(fine.sum()), float(np.abs(fine).sum())
