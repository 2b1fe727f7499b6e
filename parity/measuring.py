"""Maxima of absolute differences, whole and per slice, in one blocked pass over arrays of any layout.

Allocated for each pair: two blocks a thread, and one number for each judged slice, at most 1/32 of the elements an axis.
Two arrays of 64 M float32 take 1.2 to 3 times as long as reading both, on two cores; 9 to 13 times where one lies in C and the other in Fortran order:
`benchmarks/compare_arrays.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod

import numpy as np

from parity.spilling import LEAST, release
from parity.verdict import Measure

BLOCK = 1 << 17  # elements: scratch and running maxima stay in the caches
SLICE = 32  # a slice of fewer elements has too unsteady a maximum to be judged alone
THREADS = min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
WORTH_THREADS = 1 << 22  # elements: below, one thread does it in a few milliseconds

Pair = tuple[np.ndarray, np.ndarray]
Index = tuple[int | slice, ...]


@dataclass(frozen=True)
class Measures:
    """For each pair max |a − b|, and max |reference|; per axis the same for every slice of at least `SLICE` elements."""

    maxima: tuple[float, ...]
    scale: float
    slices: dict[int, tuple[np.ndarray, ...]]  # axis: (pair 0, pair 1, …, scale), each of the axis' length
    pattern_mismatch: str = ""

    @property
    def tracks(self) -> list[np.ndarray]:
        """For each pair, and for the scale: the maximum of the whole and then those of all slices, axis by axis."""
        wholes = (*self.maxima, self.scale)
        return [np.concatenate([[whole], *(numbers[i] for numbers in self.slices.values())]) for i, whole in enumerate(wholes)]

    @property
    def measured(self) -> Measure:
        """What the rule needs of three pairs (k64, t64), (t32, t64), (k32, k64) with the scale of t64: of the whole first, then of all slices."""
        return Measure(*self.tracks)

    def place(self, index: int) -> str:
        """Where in `tracks` this is: "axis 1 [3]"; "" for the whole."""
        index -= 1
        for axis, (numbers, *_) in self.slices.items():
            if 0 <= index < len(numbers):
                return f"axis {axis} [{index}]"
            index -= len(numbers)
        return ""


def measure(pairs: Sequence[Pair], *, scale_of: np.ndarray, slices: bool = True, patterns: Sequence[Pair] = ()) -> Measures:
    """Measures every pair and the scale.

    Args:
        pairs: arrays of one shape, float or complex (whose |·| is the modulus) of any width.
        scale_of: the reference whose size is the scale.
        slices: also per slice along every axis.
        patterns: pairs, float64 first, whose NaN, +Inf and −Inf must stand in the same places; their arrays also occur in `pairs`.

    Returns:
        the maxima, in which an element that is not finite in either array of a pair counts as no difference; `pattern_mismatch` says where patterns part.
    """
    if not scale_of.size:
        return Measures((0.0,) * len(pairs), 0.0, {})
    operands: list[tuple[np.ndarray, ...]] = [*pairs, (scale_of,)]
    found = _measure(operands, slices, masked=False)
    if not np.isfinite([*found.maxima, found.scale]).all():
        found = _measure(operands, slices, masked=True)
        found = Measures(found.maxima, found.scale, found.slices, _pattern_mismatch(patterns))
    if scale_of.nbytes >= LEAST:
        release()
    return found


def bits_equal(a: np.ndarray, b: np.ndarray) -> bool:
    """Same type and the same bits everywhere (−0 is not 0, a NaN equals itself)."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    unsigned = f"u{a.dtype.itemsize}" if a.dtype.itemsize in (1, 2, 4, 8) else "u1"
    a, b = _by_memory_order(a, a, b)
    for block in _Plan(a.shape).blocks():
        x, y = (np.ascontiguousarray(array[block]).reshape(-1).view(unsigned) for array in (a, b))
        if not np.array_equal(x, y):
            return False
    return True


class _Plan:
    """Cuts a shape into blocks of about `BLOCK` elements that follow each other in memory: some rows of the `split` axis, whole in all later ones."""

    def __init__(self, shape: Sequence[int]) -> None:
        self.shape = tuple(shape)
        self.split, self.inner = len(shape) - 1, 1  # `inner`: elements of one row
        while self.split > 0 and self.inner * shape[self.split] <= BLOCK:
            self.inner *= shape[self.split]
            self.split -= 1
        pieces = max(1, -(-shape[self.split] * self.inner // BLOCK))
        self.rows = -(-shape[self.split] // pieces)
        self.parts = [slice(start, min(start + self.rows, shape[self.split])) for start in range(0, shape[self.split], max(self.rows, 1))]

    def blocks(self, parts: Sequence[slice] | None = None) -> Iterator[Index]:
        """All blocks, or those of some parts of the split axis."""
        if prod(self.shape):
            for lead in np.ndindex(*self.shape[: self.split]):
                for part in self.parts if parts is None else parts:
                    yield (*lead, part)


class _Maxima:
    """Running maxima of |a − b| or |a|: of the whole and of the slices along `axes`.

    They are kept as integers with the floats' bits: without a sign these order as the floats do, NaN above infinity, and NumPy reduces them up to
    three times as fast.
    """

    def __init__(self, operands: Sequence[np.ndarray], plan: _Plan, axes: Sequence[int], masked: bool) -> None:
        self.operands, self.plan, self.axes, self.masked = operands, plan, axes, masked
        self.complex = any(a.dtype.kind == "c" for a in operands)
        self.float = np.dtype(np.float32 if not masked and all(_width(a) <= 4 for a in operands) else np.float64)
        self.same = all(a.dtype == self.float for a in operands)
        self.scratch = np.empty(plan.rows * plan.inner, self.float)
        self.bits = self.scratch.view(f"i{self.float.itemsize}")
        self.by_lead = {axis: np.zeros(plan.shape[axis], self.bits.dtype) for axis in axes if axis < plan.split}
        self.by_row = np.zeros(plan.shape[plan.split] if plan.split in axes else 0, self.bits.dtype)
        self.row_starts = np.arange(0, self.scratch.size if plan.inner > 1 else 0, plan.inner)
        needed = not axes or max(axes) > plan.split
        self.by_place = np.zeros(self.scratch.size if needed else 0, self.bits.dtype)  # over all blocks, for each place in a block

    def add(self, block: Index) -> None:
        views = [array[block] for array in self.operands]
        size = views[0].size
        self._write_absolute(views, self.scratch[:size].reshape(views[0].shape))
        bits = self.bits[:size]
        if self.by_place.size:
            part = self.by_place[:size]
            np.maximum(part, bits, out=part)
        if self.by_row.size:
            part = self.by_row[block[-1]]
            starts = self.row_starts[: part.size]
            if self.plan.split == 0:  # each row is seen once
                np.maximum.reduceat(bits, starts, out=part)
            else:
                bits = bits if self.plan.inner == 1 else np.maximum.reduceat(bits, starts)
                np.maximum(part, bits, out=part)
        if self.by_lead:
            top = bits.max()
            for axis, found in self.by_lead.items():
                at = block[axis]
                found[at] = max(found[at], top)

    def _write_absolute(self, views: Sequence[np.ndarray], out: np.ndarray) -> None:
        if self.complex or self.masked:
            wide = [view.astype(np.complex128 if self.complex else np.float64) for view in views]
            np.abs(wide[0] - wide[1] if len(wide) > 1 else wide[0], out=out, casting="same_kind")
            if self.masked:
                out[~np.logical_and.reduce([np.isfinite(view) for view in wide])] = 0.0
            return
        if not self.same:  # conversions first: inside `subtract` NumPy buffers them, which is slower
            views = [view.astype(self.float, copy=False) for view in views]
        if len(views) == 1:
            np.abs(views[0], out=out)
        else:
            np.subtract(views[0], views[1], out=out)
            np.abs(out, out=out)

    def companion(self) -> _Maxima:
        """For another thread that reads other parts of the split axis."""
        other = _Maxima(self.operands, self.plan, self.axes, self.masked)
        other.by_row = self.by_row
        return other

    def merge(self, companion: _Maxima) -> None:
        np.maximum(self.by_place, companion.by_place, out=self.by_place)
        for axis, found in self.by_lead.items():
            np.maximum(found, companion.by_lead[axis], out=found)

    def finish(self) -> tuple[float, list[np.ndarray]]:
        """The maximum of the whole, and those of the slices along each axis."""
        place = self.by_place.reshape(-1, self.plan.inner).max(axis=0, initial=0).reshape(self.plan.shape[self.plan.split + 1 :])
        slices = {**self.by_lead, self.plan.split: self.by_row}
        for axis in self.axes:
            if axis > self.plan.split:
                slices[axis] = place.max(axis=tuple(a for a in range(place.ndim) if a != axis - self.plan.split - 1))
        top = max(int(found.max(initial=0)) for found in (place, *slices.values()))
        return float(np.array(top, self.bits.dtype).view(self.float)), [slices[axis].view(self.float) for axis in self.axes]


def _measure(operands: Sequence[Sequence[np.ndarray]], slices: bool, masked: bool) -> Measures:
    reference = operands[-1][0]
    ordered = [_by_memory_order(reference, *arrays) for arrays in operands]
    plan = _Plan(ordered[-1][0].shape)
    judged = [axis for axis, length in enumerate(plan.shape) if length > 1 and reference.size // length >= SLICE] if slices else []

    tracks = [_Maxima(arrays, plan, judged, masked) for arrays in ordered]
    if reference.size < WORTH_THREADS:
        _add_all(tracks, plan.parts)
    else:
        teams = [tracks, *([track.companion() for track in tracks] for _ in range(1, THREADS))]
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(_add_all, teams, (plan.parts[i::THREADS] for i in range(THREADS))))
        for team in teams[1:]:
            for track, companion in zip(tracks, team, strict=True):
                track.merge(companion)
    tops, by_axis = zip(*(track.finish() for track in tracks), strict=True)
    order = _memory_order(reference)
    found = {order[axis]: numbers for axis, *numbers in zip(judged, *by_axis, strict=True)}
    return Measures(tops[:-1], tops[-1], {axis: tuple(found[axis]) for axis in sorted(found)})


def _add_all(tracks: Sequence[_Maxima], parts: Sequence[slice]) -> None:
    with np.errstate(invalid="ignore", over="ignore"):
        for block in tracks[0].plan.blocks(parts):
            for track in tracks:
                track.add(block)


def _memory_order(array: np.ndarray) -> list[int]:
    """The axes from the widest stride to the narrowest: in this order an array is read as it lies."""
    return sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))


def _by_memory_order(reference: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
    """Views with the axes in the reference's memory order, and at least one."""
    return [np.atleast_1d(array.transpose(_memory_order(reference))) for array in arrays]


def _width(array: np.ndarray) -> int:
    """Bytes of the float that holds one number."""
    return 8 if array.dtype.kind in "iub" else array.dtype.itemsize // (2 if array.dtype.kind == "c" else 1)


def _pattern_mismatch(patterns: Sequence[Pair]) -> str:
    """The first pair whose NaN, +Inf and −Inf do not stand in the same places, and where."""
    for precision, pair in zip(("float64", "the lower precision"), patterns, strict=False):
        expected, actual = (np.atleast_1d(array) for array in pair)
        for name, test in (("NaN", np.isnan), ("+Inf", np.isposinf), ("-Inf", np.isneginf)):
            ours, theirs, first = 0, 0, None
            for block in _Plan(expected.shape).blocks():
                here, there = _any_part(test, expected[block]), _any_part(test, actual[block])
                ours, theirs = ours + int(here.sum()), theirs + int(there.sum())
                if first is None and not np.array_equal(here, there):
                    first = _place(block, np.argwhere(here != there)[0])[: pair[0].ndim]
            if first is not None:
                return f"{name} in {precision}: torch has {ours}, Keras {theirs}, first apart at {first}"
    return ""


def _any_part(test: Callable[[np.ndarray], np.ndarray], array: np.ndarray) -> np.ndarray:
    return test(array.real) | test(array.imag) if array.dtype.kind == "c" else test(array.astype(np.float64))


def _place(block: Index, within: np.ndarray) -> tuple[int, ...]:
    """The index in the whole array of an element of a block."""
    *lead, rows = block
    assert isinstance(rows, slice)
    return (*lead, rows.start + int(within[0]), *(int(i) for i in within[1:]))
