"""The judgement of one tensor: attributes first, values second; whole and slice by slice, and the worst of them decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import ml_dtypes
import numpy as np

from parity.measuring import Measures, bits_equal, measure
from parity.verdict import BLIND, CANCELLED, EPS32, ORDER, Measure, Verdict, conditioning_bound, judge_ill_conditioned, severities, severities_lower_only, worst

CANCELS = "cancels in float32"
Rule = Callable[[Measure], np.ndarray]  # severities
Seen = Callable[[Measure], Measure]  # what the rule sees of what was measured

_MAY_BE_ZERO = frozenset({"weight", "buffer", "slot"})  # state that starts at zero is no dead path


@dataclass(frozen=True)
class Row:
    """The judgement of one tensor or fact."""

    name: str
    role: str
    verdict: Verdict
    difference: float = 0.0  # max |k64 − t64| (|k32 − t64| where one side has no float64); of the worst slice where that decided
    torch_error: float = 0.0  # max |t32 − t64|
    keras_error: float = 0.0  # max |k32 − k64|
    scale: float = 0.0  # max |t64|
    worst_slice: str = ""  # "axis 1 [3]": the slice that decided, or the nearest to it
    shape: tuple[int, ...] = ()
    layer: str = ""
    note: str = ""
    known: str = ""  # the reason of a declared difference: shown, not failing

    @property
    def failing(self) -> bool:
        return self.verdict.failing and not self.known

    @property
    def relative(self) -> float:
        """Difference over scale."""
        return self.difference / self.scale if self.scale else (0.0 if self.difference == 0 else float("inf"))


@dataclass(frozen=True)
class StepNoise:
    """What float32 loses of a parameter's gradient, which is what a step of that parameter may be off by, and the size of the parameter."""

    gradient: Measures | None = None
    size: float = 0.0  # max|w|

    def of(self, step: Measure) -> Measure:
        """The measure of a step and of its slices: its errors are the gradient's relative ones, at least ε32 and at most all of the step.

        The step's own float32 errors come from the subtraction w' − w and would hide a forgotten weight decay: they widen what rounding explains,
        not what is seen.
        """
        torch_error, keras_error = 0.0, 0.0
        if self.gradient is not None:
            found = self.gradient.measured
            if np.shape(found.scale) != np.shape(step.scale):  # recorded in another shape: its slices are others
                found = found[0]
            size = np.where(found.scale > 0, found.scale, 1.0)
            torch_error, keras_error = (np.minimum(error / size, 1.0) for error in (found.visible, found.keras_error))
        floor = np.maximum(np.maximum(step.torch_error, step.keras_error), EPS32 * self.size)
        return Measure(step.difference, torch_error * step.scale, keras_error * step.scale, step.scale, floor)


def judge_arrays(base: Row, t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray, *, moved: np.ndarray | None = None) -> Row:
    """The verdict of the rule on one tensor, both sides in both precisions.

    Args:
        base: name, role and notes of the row.
        moved: t64 from weights moved by ±2⁻⁴⁰, which decides what is ill-conditioned.
    """
    return judge_tensor(base, (t64, t32, k64, k32), moved=moved)[0]


def judge_tensor(
    base: Row,
    four: tuple[np.ndarray, ...],
    *,
    moved: np.ndarray | None = None,
    turned: Sequence[np.ndarray] = (),
    step: StepNoise | None = None,
    half: bool = False,
) -> tuple[Row, Measures | None]:
    """As `judge_arrays`, with what was measured of a tensor of floats.

    Args:
        four: t64, t32, k64, k32.
        turned: t64 from weights moved by ±2⁻²⁰, which tell kernels that cancel from rectifiers and maxima that turn over.
        step: the tensor is a parameter's step.
        half: the lower precision is a half precision, whatever this tensor's own type.
    """
    t64, t32, k64, k32 = four
    base = replace(base, shape=t64.shape)
    if len({array.shape for array in four}) > 1:
        lower = "" if t64.shape == t32.shape and k64.shape == k32.shape else f" (in the lower precision torch {t32.shape}, Keras {k32.shape})"
        return noted(replace(base, verdict=Verdict.SHAPE), f"torch {t64.shape}, Keras {k64.shape}{lower}"), None
    found: Measures | None = None
    if not {_kind(array) for array in four} <= {"float", "complex"}:
        row = _judge_exact(base, t64, t32, k64, k32)
    elif bits_equal(t64, k64) and bits_equal(t32, k32):
        row, found = _judge_identical(base, t64, t32)
    elif half or any(_width(array) < 8 for array in (t64, k64)) or _width(t32) < 4:
        row, found = _judge_lower_only(base, t64, t32, k64, k32)
    else:
        found = measure([(k64, t64), (t32, t64), (k32, k64)], scale_of=t64, patterns=[(t64, k64), (t32, k32)])
        row = _judge_floats(base, found, step.of if step else _as_it_is, moved, turned, t64)
    if not t64.size or (found and not found.scale and not any(found.maxima) and row.verdict is not Verdict.NONFINITE):
        why = "empty" if not t64.size else "all zero on both sides" if np.isfinite(_wide(t64)).any() else "nothing finite on either side"
        row = row if base.role in _MAY_BE_ZERO else noted(replace(row, verdict=Verdict.VACUOUS), f"{why}: nothing to compare")
    clash = _type_clash(t64, t32, k64, k32)
    if clash:
        row = noted(replace(row, verdict=worst([row.verdict, Verdict.DTYPE])), clash)
    return row, found


def _judge_exact(base: Row, t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray) -> Row:
    """Integers and booleans: equal or not; the width of an integer is a note."""
    if _kind(t64) == _kind(k64) and t64.dtype != k64.dtype:
        base = noted(base, f"width: torch {t64.dtype}, Keras {k64.dtype}")
    expected, actual = (t32, k32) if np.array_equal(t64, k64) else (t64, k64)
    apart = expected != actual
    if not apart.any():
        return base
    first = tuple(int(i) for i in np.argwhere(apart)[0])
    row = replace(base, verdict=Verdict.DIFFERENT, difference=_size(expected.astype(np.float64) - actual), scale=_size(expected))
    return noted(row, f"{int(apart.sum())} of {apart.size} differ, first at {first}: torch {expected[first]}, Keras {actual[first]}")


def _judge_identical(base: Row, t64: np.ndarray, t32: np.ndarray) -> tuple[Row, Measures]:
    own = measure([(t32, t64)], scale_of=t64, slices=base.role == "grad")
    same: dict[int, tuple[np.ndarray, ...]] = {axis: (np.zeros_like(error), error, error, scale) for axis, (error, scale) in own.slices.items()}
    found = Measures((0.0, *own.maxima, *own.maxima), own.scale, same)
    return replace(base, torch_error=own.maxima[0], keras_error=own.maxima[0], scale=own.scale), found


def _judge_lower_only(base: Row, t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray) -> tuple[Row, Measures]:
    """One side has no float64, or the lower precision is a half: judged by what torch's own lower precision loses."""
    lacking = " and ".join(side for side, array in (("torch", t64), ("Keras", k64)) if _width(array) < 8)
    reason = f"{lacking} has no float64 here: judged in {k32.dtype} only" if lacking else f"judged in {k32.dtype} only"
    if lacking == "torch":  # the same the other way round
        found = measure([(t32, k64), (k32, k64), (t32, t64)], scale_of=k64, patterns=[(t64, k64), (t32, k32)])
        reason += ", by Keras' own error"
    else:
        found = measure([(k32, t64), (t32, t64), (k32, k64)], scale_of=t64, patterns=[(t64, k64), (t32, k32)])
    unit = max(float(ml_dtypes.finfo(t32.real.dtype).eps), EPS32)

    def at_least_a_unit(m: Measure) -> Measure:
        return replace(m, torch_error=np.maximum(m.torch_error, unit * m.scale))

    row, m, _ = _worst_slice(base, found, severities_lower_only, at_least_a_unit)
    if lacking == "torch":
        row = replace(row, torch_error=row.keras_error, keras_error=row.torch_error)
    row = noted(row, reason)
    if row.verdict is Verdict.INDISTINGUISHABLE and m.visible > BLIND * m.scale > 0:
        row = noted(row, f"{t32.dtype} loses more than 2^-6 of it: this shows little")
    return row, found


def _judge_floats(base: Row, found: Measures, seen: Seen, moved: np.ndarray | None, turned: Sequence[np.ndarray], t64: np.ndarray) -> Row:
    """Both precisions on both sides: the rule itself.

    What is right in float64 and far off in Keras' float32 alone is a kernel that cancels, or a single rectifier or maximum that stands within float32's
    rounding of its kink and turned over. The second is a property of the network: torch's own float64 result jumps as far (at most half as far is asked
    for) when its weights move by a few units of float32. It is no agreement of kernels, so it is `imprecise`.
    """
    moves: np.ndarray | None = None  # how far torch's float64 result moves as its weights do; measured only where float32 is blind
    jumps = np.max([measure([(other, t64)], scale_of=t64).tracks[0] for other in turned], axis=0) if turned else 0.0
    over = ""

    def rule(m: Measure) -> np.ndarray:
        nonlocal moves, over
        graded = severities(m)
        kinks = (graded == Verdict.DIFFERENT.severity) & (m.difference <= m.rounding_bound) & (m.keras_error <= 2 * jumps)
        if kinks.any():
            graded = np.where(kinks, Verdict.IMPRECISE.severity, graded)
            over = (
                f"a rectifier or maximum turns over in Keras' float32, which moves {'it' if kinks.size == 1 else 'a slice'} by up to "
                f"{np.max(np.where(kinks, m.keras_error, 0.0)):.1e}; torch's own float64 result jumps as far when its weights move by 2^-20"
            )
        blind = graded == Verdict.ILL_CONDITIONED.severity
        if moved is None or not blind.any():
            return graded
        shift = measure([(moved, t64)], scale_of=t64, patterns=[(t64, moved)])
        moves = np.full(blind.shape, np.inf) if shift.pattern_mismatch else shift.tracks[0]
        apart = (moves <= BLIND * m.scale) & (m.difference > conditioning_bound(moves))
        return np.where(blind & apart, Verdict.DIFFERENT.severity, graded)

    row, m, index = _worst_slice(base, found, rule, seen)
    if row.verdict is Verdict.NONFINITE:
        return row
    if m.difference > m.rounding_bound and m.visible > BLIND * m.scale:
        if moves is None:
            return noted(row, "float32 has no digits here; a float64 run with moved weights would decide")
        return noted(row, judge_ill_conditioned(m.difference, float(moves[index]), m.scale)[1])
    if row.verdict is Verdict.DIFFERENT and m.difference <= m.rounding_bound:
        return noted(row, f"{CANCELS}: right in float64, but Keras' float32 loses more than {CANCELLED:.0f} times what torch's does")
    return noted(row, over) if row.verdict is Verdict.IMPRECISE else row


def _worst_slice(base: Row, found: Measures, rule: Rule, seen: Seen) -> tuple[Row, Measure, int]:
    """Applies a rule to the whole and to all slices. The worst slice is named; where it is worse than the whole, its numbers are the row's.

    Returns:
        the row, what the rule saw of the worst, and where that stands in `found.tracks`.
    """
    measured = found.measured
    ruled = seen(measured)
    graded, excess = rule(ruled), ruled.excess
    nearest = 0
    if graded.size > 1:
        slices = np.where(graded[1:] == graded[1:].min(), excess[1:], -1.0)
        nearest = 1 + int(np.argmax(slices))
    index = nearest if graded[nearest] < graded[0] else 0
    m = measured[index]
    row = replace(base, verdict=ORDER[graded[index]], difference=m.difference, torch_error=m.torch_error, keras_error=m.keras_error, scale=m.scale)
    if found.pattern_mismatch:
        row = noted(replace(row, verdict=Verdict.NONFINITE), found.pattern_mismatch)
    elif excess[0]:
        row = replace(row, worst_slice=found.place(nearest))
    return row, ruled[index], index


def _as_it_is(m: Measure) -> Measure:
    return m


def _type_clash(t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray) -> str:
    """Kinds that differ, or lower precisions that do; a float64 that is none is told by the row itself, an integer's width is a note."""
    if [_kind(t64), _kind(t32)] != [_kind(k64), _kind(k32)]:
        return f"torch gives {t64.dtype} and {t32.dtype}, Keras {k64.dtype} and {k32.dtype}"
    if _kind(t32) in {"float", "complex"} and t32.dtype != k32.dtype:
        return f"in the lower precision torch gives {t32.dtype}, Keras {k32.dtype}"
    return ""


def _kind(array: np.ndarray) -> str:
    """The kind of number, bfloat16 and its like being floats."""
    return {"i": "integer", "u": "integer", "b": "boolean", "f": "float", "V": "float", "c": "complex"}.get(array.dtype.kind, array.dtype.kind)


def _width(array: np.ndarray) -> int:
    """Bytes of one real number."""
    return array.dtype.itemsize // (2 if array.dtype.kind == "c" else 1)


def _wide(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.kind == "c" else array.astype(np.float64)


def _size(array: np.ndarray) -> float:
    return float(np.max(np.abs(_wide(array)), initial=0.0))


def noted(row: Row, *notes: str) -> Row:
    """The row with further notes."""
    return replace(row, note="; ".join(note for note in (row.note, *notes) if note))
