"""Maxima of absolute differences, whole and per slice, in one blocked pass: no temporary is larger than a block or a row of slice maxima."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from parity.verdict import Measure

BLOCK = 1 << 15  # elements: two operands and the difference stay in the second-level cache
SLICE = 32  # a slice of fewer elements has too unsteady a maximum to be judged alone

Pair = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Measures:
    """For each pair max |a − b|, and max |reference|; per axis the same for every slice of at least `SLICE` elements."""

    maxima: tuple[float, ...]
    scale: float
    slices: dict[int, tuple[np.ndarray, ...]]  # axis: (pair 0, pair 1, …, scale), each of the axis' length
    pattern_mismatch: str = ""

    def whole(self, difference: float, torch_error: float, keras_error: float) -> Measure:
        return Measure(difference, torch_error, keras_error, self.scale)


def measure(pairs: Sequence[Pair], *, scale_of: np.ndarray, slices: bool = True, patterns: Sequence[Pair] = ()) -> Measures:
    """Measures every pair and the scale.

    Args:
        pairs: arrays of one shape, float of any width.
        scale_of: the reference whose size is the scale.
        slices: also per slice along every axis.
        patterns: pairs whose NaN, +Inf and −Inf must stand in the same places. Elements that are nonfinite in any operand count as zero difference.

    Returns:
        the maxima; `pattern_mismatch` says where patterns part.
    """
    shape = scale_of.shape
    axes = [axis for axis, length in enumerate(shape) if length > 1 and scale_of.size // length >= SLICE] if slices else []
    tracks = len(pairs) + 1
    maxima = np.zeros(tracks)
    by_axis = {axis: tuple(np.zeros(shape[axis]) for _ in range(tracks)) for axis in axes}
    operands = [array for pair in pairs for array in pair] + [scale_of] + [array for pair in patterns for array in pair]
    buffer = _Buffers()
    for block in _blocks(shape):
        views = [array[block] for array in operands]
        nonfinite: np.ndarray | None = None
        for track in range(tracks):
            difference = buffer.difference(views[2 * track], views[2 * track + 1]) if track < len(pairs) else buffer.absolute(views[2 * len(pairs)])
            top = float(np.max(difference, initial=0.0))
            if not np.isfinite(top):
                if nonfinite is None:
                    nonfinite = ~np.logical_and.reduce([np.isfinite(_wide(view)) for view in views])
                    mismatch = _pattern_mismatch(views[2 * len(pairs) + 1 :], block)
                    if mismatch:
                        return Measures(tuple(maxima[:-1]), float(maxima[-1]), {}, mismatch)
                    if track:  # earlier tracks of this block were finite only where operands were; nothing to redo
                        pass
                if track < len(pairs):
                    with np.errstate(invalid="ignore", over="ignore"):
                        difference = np.abs(_wide(views[2 * track]) - _wide(views[2 * track + 1]))
                else:
                    difference = np.abs(_wide(views[2 * len(pairs)]))
                difference = np.where(nonfinite, 0.0, difference)
                top = float(np.max(difference, initial=0.0))
            maxima[track] = max(maxima[track], top)
            if top > 0.0:
                _reduce(difference, block, axes, [by_axis[axis][track] for axis in axes])
    return Measures(tuple(float(m) for m in maxima[:-1]), float(maxima[-1]), by_axis)


def bits_equal(a: np.ndarray, b: np.ndarray) -> bool:
    """Same type and the same bits everywhere (−0 is not 0, a NaN equals itself)."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    for block in _blocks(a.shape):
        x, y = np.ascontiguousarray(a[block]), np.ascontiguousarray(b[block])
        unsigned = f"u{x.dtype.itemsize}" if x.dtype.itemsize <= 8 else "u1"
        if not np.array_equal(x.reshape(-1).view(unsigned), y.reshape(-1).view(unsigned)):
            return False
    return True


class _Buffers:
    """One reused scratch array a shape and width: |a − b| without a fresh allocation for each block."""

    def __init__(self) -> None:
        self.kept: dict[tuple[tuple[int, ...], np.dtype], np.ndarray] = {}

    def scratch(self, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
        return self.kept.setdefault((shape, dtype), np.empty(shape, dtype))

    def difference(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        dtype = np.result_type(a, b) if a.dtype.kind == b.dtype.kind == "f" and max(a.itemsize, b.itemsize) >= 4 else np.dtype(np.float64)
        out = self.scratch(a.shape, dtype)
        with np.errstate(invalid="ignore", over="ignore"):
            np.subtract(a, b, out=out, casting="unsafe")
        return np.abs(out, out=out)

    def absolute(self, a: np.ndarray) -> np.ndarray:
        out = self.scratch(a.shape, a.dtype if a.dtype.kind == "f" and a.itemsize >= 4 else np.dtype(np.float64))
        return np.abs(a, out=out, casting="unsafe")


def _blocks(shape: tuple[int, ...]) -> Iterator[tuple[int | slice, ...]]:
    """Index tuples that cover an array in blocks of about `BLOCK` elements, contiguous where the array is."""
    if not shape or int(np.prod(shape)) == 0:
        if not shape:
            yield (...,)  # type: ignore[misc]
        return
    inner, split = 1, len(shape)
    while split > 0 and inner * shape[split - 1] <= BLOCK:
        split -= 1
        inner *= shape[split]
    if split == 0:
        yield (slice(None),) * len(shape)
        return
    chunk = max(1, BLOCK // inner)
    for lead in np.ndindex(*shape[: split - 1]):
        for start in range(0, shape[split - 1], chunk):
            yield (*(slice(i, i + 1) for i in lead), slice(start, start + chunk))


def _reduce(difference: np.ndarray, block: tuple[int | slice, ...], axes: Sequence[int], into: Sequence[np.ndarray]) -> None:
    """Folds a block's maxima over all axes but one into each axis' slice maxima; the last axis is reduced once for all earlier ones."""
    if not axes:
        return
    last = difference.ndim - 1
    rows = difference.max(axis=last) if axes[0] != last else None
    for axis, target in zip(axes, into, strict=True):
        if axis == last:
            found = difference.reshape(-1, difference.shape[last]).max(axis=0)
        else:
            assert rows is not None
            others = tuple(a for a in range(rows.ndim) if a != axis)
            found = rows.max(axis=others) if others else rows
        part = block[axis] if axis < len(block) else slice(None)
        np.maximum(target[part], found, out=target[part])


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64)


def _pattern_mismatch(views: Sequence[np.ndarray], block: tuple[int | slice, ...]) -> str:
    for precision, (expected, actual) in zip(("float64", "float32"), zip(views[::2], views[1::2], strict=True), strict=False):
        expected, actual = _wide(expected), _wide(actual)
        for name, test in (("NaN", np.isnan), ("+Inf", np.isposinf), ("-Inf", np.isneginf)):
            here, there = test(expected), test(actual)
            if not np.array_equal(here, there):
                offset = [part.start or 0 if isinstance(part, slice) else 0 for part in block] + [0] * (here.ndim - len(block))
                first = tuple(int(i) + o for i, o in zip(np.argwhere(here != there)[0], offset, strict=False))
                return f"{name} in {precision} on one side only: torch has {int(here.sum())}, Keras {int(there.sum())} in this block, first apart at {first}"
    return ""
