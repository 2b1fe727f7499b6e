"""Two sides, two precisions: one row a tensor. NumPy only; never permutes, renames, truncates, zeroes NaN or averages away.

`compare` takes four traces and returns a `Comparison`; it raises only when the traces do not belong together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from parity.measuring import Measures, bits_equal, measure
from parity.trace import Record, Trace, TraceError
from parity.verdict import EPS32, Measure, Verdict, judge, judge_float32_only, judge_ill_conditioned, worst

if TYPE_CHECKING:
    import pandas

COLUMNS = ("name", "role", "verdict", "difference", "torch_error", "keras_error", "scale", "worst_slice", "shape", "layer")
_CONSUMED = frozenset({"margin", "curve"})  # read with other records, no rows of their own


@dataclass(frozen=True)
class Row:
    """The judgement of one tensor or fact."""

    name: str
    role: str
    verdict: Verdict
    difference: float = 0.0  # max |k64 − t64|; of the worst slice where that decided
    torch_error: float = 0.0  # max |t32 − t64|
    keras_error: float = 0.0  # max |k32 − k64|
    scale: float = 0.0  # max |t64|
    worst_slice: str = ""  # "axis 1 [3]", where a slice is worse than, or decides, the whole
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
class Comparison:
    """Rows in the reference's execution order."""

    rows: tuple[Row, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst row's; declared differences do not count."""
        return worst(row.verdict for row in self.rows if not row.known)

    @property
    def ok(self) -> bool:
        """No row is worse than `vacuous`, something was compared, and not all outputs are vacuous."""
        outputs = [row for row in self.rows if row.role in {"output", "fact", "trajectory"}]
        dead = bool(outputs) and all(row.verdict is Verdict.VACUOUS for row in outputs)
        return bool(self.rows) and not dead and not any(row.failing for row in self.rows)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def table(self) -> pandas.DataFrame:
        """One line a row, in the columns of `COLUMNS`."""
        import pandas

        return pandas.DataFrame([[_cell(getattr(row, column)) for column in COLUMNS] for row in self.rows], columns=list(COLUMNS))


def _cell(value: Any) -> Any:
    return value.value if isinstance(value, Verdict) else value


def compare(reference64: Trace, reference32: Trace, actual64: Trace, actual32: Trace, *, moved64: Trace | None = None) -> Comparison:
    """Judges every record of four traces.

    Args:
        reference64, reference32: the reference side (torch) in both precisions.
        actual64, actual32: the other side.
        moved64: the reference in float64 with weights and inputs moved by ±2⁻⁴⁰, which decides ill-conditioned rows.

    Raises:
        TraceError: the traces are of different cases or of the wrong precision.
    """
    traces = (reference64, reference32, actual64, actual32)
    subjects = {trace.subject for trace in traces}
    if len(subjects) > 1:
        raise TraceError(f"The traces are of different cases: {', '.join(sorted(subjects))}; compare traces of one case.")
    for trace, dtype in zip(traces, ("float64", None, "float64", None), strict=True):
        if dtype and trace.dtype != dtype:
            raise TraceError(f"{trace.subject}: expected a {dtype} trace, got one in {trace.dtype}; pass the float64 traces as reference64 and actual64.")
    if reference32.dtype != actual32.dtype:
        raise TraceError(f"{reference32.subject}: the lower precision is {reference32.dtype} on one side and {actual32.dtype} on the other; record both in one.")
    keyed = [trace.by_key() for trace in traces]
    moved = moved64.by_key() if moved64 else {}
    noise = _GradientNoise()
    rows = []
    for key in dict.fromkeys(key for records in keyed for key in records):
        row = _judge_key(key, [records.get(key) for records in keyed], moved.get(key), noise, keyed[0])
        if row is not None:
            rows.append(row)
    return Comparison(tuple(rows))


class _GradientNoise:
    """Relative noise of each parameter's gradient: what a step of that parameter may be off by."""

    def __init__(self) -> None:
        self.visible: dict[str, float] = {}
        self.total: dict[str, float] = {}
        self.scale: dict[str, float] = {}

    def note_gradient(self, name: str, whole: Measure) -> None:
        if whole.scale > 0:
            self.visible[name] = whole.visible / whole.scale
            self.total[name] = whole.noise / whole.scale

    def of_step(self, name: str, difference: float, scale: float) -> Measure:
        parameter = name.partition("@")[0]
        visible = max(self.visible.get(parameter, 0.0), EPS32)
        total = max(self.total.get(parameter, 0.0), EPS32)
        return Measure(difference, visible * scale, total * scale, scale, floor=EPS32 * self.scale.get(parameter, 0.0))


def _judge_key(key: str, four: Sequence[Record | None], moved: Record | None, noise: _GradientNoise, reference: dict[str, Record]) -> Row | None:
    present = [record for record in four if record is not None]
    first = present[0]
    if first.role in _CONSUMED:
        return None
    note = "; ".join(dict.fromkeys(record.note for record in present if record.note))
    base = Row(first.name, first.role, Verdict.IDENTICAL, layer=first.layer, note=note, shape=() if first.array is None else first.array.shape)
    if four[0] is None and four[1] is None:
        return replace(base, verdict=Verdict.EXTRA, note=_join(note, "torch has nothing of this name"))
    if four[2] is None and four[3] is None:
        return replace(base, verdict=Verdict.MISSING, note=_join(note, "Keras has nothing of this name"))
    if any(record is None for record in four):
        return replace(base, verdict=Verdict.MISSING, note=_join(note, "recorded in one precision only"))
    t64, t32, k64, k32 = (record for record in four if record is not None)
    if any(record.array is None for record in present):
        return _judge_fact(base, t64, k64, t32, k32)
    row = judge_arrays(
        base, *(record.array for record in (t64, t32, k64, k32) if record.array is not None), moved=None if moved is None else moved.array, noise=noise
    )
    if row.role == "weight":
        assert t64.array is not None
        noise.scale[row.name] = _scale(t64.array)
        return None if row.verdict is Verdict.IDENTICAL else row
    margin = reference.get(f"margin:{row.name}")
    if margin is not None and margin.array is not None and row.verdict is Verdict.DIFFERENT and t64.array is not None and k64.array is not None:
        return _judge_decision(row, t64.array, k64.array, margin.array)
    return row


def _judge_fact(base: Row, t64: Record, k64: Record, t32: Record, k32: Record) -> Row:
    torch_says, keras_says = [_told(r) for r in (t64, t32)], [_told(r) for r in (k64, k32)]
    if torch_says == keras_says:
        return base
    shown = 0 if torch_says[0] != keras_says[0] else 1
    return replace(base, verdict=Verdict.DIFFERENT, note=_join(base.note, f"torch: {torch_says[shown]!r}; Keras: {keras_says[shown]!r}"))


def _told(record: Record) -> Any:
    return record.fact if record.array is None else f"a tensor of shape {record.array.shape}"


def _judge_decision(row: Row, expected: np.ndarray, actual: np.ndarray, margin: np.ndarray) -> Row:
    """Decisions (argmax, top-k, NMS) may part where the float that decided them was within its noise; `margin` holds its distance over that noise."""
    apart = expected != actual
    widest = float(np.max(margin[apart]))
    if widest <= 1.0:
        return replace(
            row, verdict=Verdict.INDISTINGUISHABLE, note=_join(row.note, f"{int(apart.sum())} decisions part, all within {widest:.2g} of the noise that decided them")
        )
    return replace(row, note=_join(row.note, f"{int(apart.sum())} decisions part, the clearest by {widest:.3g} times the noise"))


def judge_arrays(
    base: Row, t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray, *, moved: np.ndarray | None = None, noise: _GradientNoise | None = None
) -> Row:
    """The verdict of the rule for one tensor, whole and slice by slice: attributes first, values second."""
    shapes = {a.shape for a in (t64, t32, k64, k32)}
    if len(shapes) > 1:
        return replace(base, verdict=Verdict.SHAPE, note=_join(base.note, f"torch {t64.shape}, Keras {k64.shape}" + _odd_shapes(t64, t32, k64, k32)))
    kinds = [_kind(a) for a in (t64, t32, k64, k32)]
    if kinds[0] != kinds[2] or kinds[1] != kinds[3]:
        return replace(base, verdict=Verdict.DTYPE, note=_join(base.note, f"torch {t64.dtype} and {t32.dtype}, Keras {k64.dtype} and {k32.dtype}"))
    if kinds[0] != "f":
        return _judge_exact(base, t64, t32, k64, k32)
    width = [a.dtype.itemsize for a in (t64, t32, k64, k32)]
    if width[1] != width[3]:
        return replace(base, verdict=Verdict.DTYPE, note=_join(base.note, f"asked for {t32.dtype}: torch gave {t32.dtype}, Keras {k32.dtype}"))
    if width[0] != width[2] or width[0] < 8:
        return _judge_lower_only(base, t64, t32, k64, k32)
    if bits_equal(t64, k64) and bits_equal(t32, k32):
        torch_error = measure([(t32, t64)], scale_of=t64, slices=False)
        verdict = Verdict.VACUOUS if torch_error.scale == 0 and base.role not in {"buffer", "weight"} and t64.size else Verdict.IDENTICAL
        if noise is not None and base.role == "grad":
            noise.note_gradient(base.name, torch_error.whole(0.0, torch_error.maxima[0], torch_error.maxima[0]))
        return replace(base, verdict=verdict, torch_error=torch_error.maxima[0], keras_error=torch_error.maxima[0], scale=torch_error.scale)
    return _judge_floats(base, t64, t32, k64, k32, moved, noise)


def _judge_floats(
    base: Row, t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray, moved: np.ndarray | None, noise: _GradientNoise | None
) -> Row:
    found = measure([(k64, t64), (t32, t64), (k32, k64)], scale_of=t64, patterns=[(t64, k64), (t32, k32)])
    if found.pattern_mismatch:
        return replace(base, verdict=Verdict.NONFINITE, scale=found.scale, note=_join(base.note, found.pattern_mismatch))
    difference, torch_error, keras_error = found.maxima
    row = replace(base, difference=difference, torch_error=torch_error, keras_error=keras_error, scale=found.scale)
    if base.role == "step" and noise is not None:
        whole = noise.of_step(base.name, difference, found.scale)
        return replace(row, verdict=judge(whole), torch_error=whole.torch_error, keras_error=whole.keras_error)
    whole = found.whole(*found.maxima)
    if noise is not None and base.role == "grad":
        noise.note_gradient(base.name, whole)
    row = replace(row, verdict=judge(whole))
    row = _judge_slices(row, found)
    if row.verdict is Verdict.ILL_CONDITIONED and moved is not None and moved.shape == t64.shape:
        shift = measure([(moved, t64)], scale_of=t64, slices=False).maxima[0]
        verdict, why = judge_ill_conditioned(row.difference, shift, found.scale)
        return replace(row, verdict=verdict, note=_join(row.note, why))
    if row.verdict is Verdict.DIFFERENT and row.difference <= Measure(row.difference, row.torch_error, row.keras_error, row.scale).rounding_bound:
        row = replace(row, note=_join(row.note, "cancels in float32: the formula is right in float64"))
    return row


def _judge_slices(row: Row, found: Measures) -> Row:
    """The worst slice along any axis replaces the row's numbers when its verdict is worse; otherwise it is only named."""
    verdict, where, numbers = row.verdict, "", (row.difference, row.torch_error, row.keras_error, row.scale)
    for axis, (difference, torch_error, keras_error, scale) in found.slices.items():
        index, slice_verdict = _worst_slice(difference, torch_error, keras_error, scale)
        if slice_verdict.severity < verdict.severity:
            verdict, where = slice_verdict, f"axis {axis} [{index}]"
            numbers = (float(difference[index]), float(torch_error[index]), float(keras_error[index]), float(scale[index]))
    if not where and found.slices:
        axis, (difference, torch_error, keras_error, scale) = max(found.slices.items(), key=lambda item: len(item[1][0]))
        where = f"axis {axis} [{_worst_slice(difference, torch_error, keras_error, scale)[0]}]"
    return replace(row, verdict=verdict, worst_slice=where, difference=numbers[0], torch_error=numbers[1], keras_error=numbers[2], scale=numbers[3])


def _worst_slice(difference: np.ndarray, torch_error: np.ndarray, keras_error: np.ndarray, scale: np.ndarray) -> tuple[int, Verdict]:
    """Slices that could be the worst are few: rank by how far D and K exceed what the rule allows, judge the first of each."""
    visible = np.maximum(torch_error, EPS32 * scale)
    noise = np.maximum(visible, keras_error)
    with np.errstate(divide="ignore", invalid="ignore"):
        by_difference = np.nan_to_num(difference / noise, nan=0.0, posinf=np.inf)
        by_kernel = np.nan_to_num(keras_error / visible, nan=0.0, posinf=np.inf)
        by_sight = np.nan_to_num(difference / visible, nan=0.0, posinf=np.inf)
    picks = {int(np.argmax(ratio)) for ratio in (by_difference, by_kernel, by_sight)}
    judged = [
        (judge(Measure(float(difference[i]), float(torch_error[i]), float(keras_error[i]), float(scale[i]))), -by_difference[i], i) for i in sorted(picks)
    ]
    verdict, _, index = min(judged, key=lambda item: (item[0].severity, item[1]))
    return index, verdict


def _judge_exact(base: Row, t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray) -> Row:
    """Integers, bools and complex bit patterns: equal or not; the width is a note."""
    note = base.note if t64.dtype == k64.dtype else _join(base.note, f"width: torch {t64.dtype}, Keras {k64.dtype}")
    if np.array_equal(t64, k64) and np.array_equal(t32, k32):
        return replace(base, note=note)
    apart = t64 != k64 if not np.array_equal(t64, k64) else t32 != k32
    first = tuple(int(i) for i in np.argwhere(apart)[0])
    values = f"torch {t64[first]}, Keras {k64[first]}"
    return replace(
        base,
        verdict=Verdict.DIFFERENT,
        difference=float(np.max(np.abs(t64.astype(np.float64) - k64.astype(np.float64)))),
        scale=_scale(t64),
        note=_join(note, f"{int(apart.sum())} of {apart.size} differ, first at {first}: {values}"),
    )


def _judge_lower_only(base: Row, t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray) -> Row:
    """One side has no float64: judged by what torch's lower precision can see, never `equivalent`."""
    side = "Keras" if k64.dtype.itemsize < 8 else "torch"
    reason = f"{side} has no float64 here (gave {min((t64, k64), key=lambda a: a.dtype.itemsize).dtype}): judged in {k32.dtype} only"
    found = measure([(k32, t64), (t32, t64), (k32, k64)], scale_of=t64, patterns=[(t64, k64), (t32, k32)])
    if found.pattern_mismatch:
        return replace(base, verdict=Verdict.NONFINITE, scale=found.scale, note=_join(base.note, found.pattern_mismatch))
    verdict, where, numbers = judge_float32_only(found.maxima[0], found.whole(*found.maxima).visible), "", found.maxima
    if found.scale == 0 and found.maxima[0] == 0 and t64.size:
        verdict = Verdict.VACUOUS
    for axis, (difference, torch_error, keras_error, scale) in found.slices.items():
        visible = np.maximum(torch_error, EPS32 * scale)
        bad = np.flatnonzero(difference > 2 * visible)
        if bad.size and verdict is not Verdict.DIFFERENT:
            i = int(bad[np.argmax(difference[bad])])
            verdict, where, numbers = Verdict.DIFFERENT, f"axis {axis} [{i}]", (float(difference[i]), float(torch_error[i]), float(keras_error[i]))
    return replace(
        base,
        verdict=verdict,
        difference=numbers[0],
        torch_error=numbers[1],
        keras_error=numbers[2],
        scale=found.scale,
        worst_slice=where,
        note=_join(base.note, reason),
    )


def _kind(array: np.ndarray) -> str:
    """f for every float (bfloat16 included), i for integers of any width, b, c."""
    if array.dtype.kind in "iu":
        return "i"
    return "f" if array.dtype.kind in "fV" or array.dtype.name.startswith(("bfloat", "float8")) else array.dtype.kind


def _scale(array: np.ndarray) -> float:
    return float(np.max(np.abs(array.astype(np.float64)), initial=0.0)) if array.dtype.kind != "c" else float(np.max(np.abs(array), initial=0.0))


def _odd_shapes(t64: np.ndarray, t32: np.ndarray, k64: np.ndarray, k32: np.ndarray) -> str:
    return "" if t64.shape == t32.shape and k64.shape == k32.shape else f" (float32: torch {t32.shape}, Keras {k32.shape})"


def _join(*notes: str) -> str:
    return "; ".join(note for note in notes if note)


def with_known(rows: Iterable[Row], known: dict[str, str]) -> tuple[Row, ...]:
    """Marks declared differences by their "role:name" pattern; a declaration that no row needs any more becomes a failing row."""
    from fnmatch import fnmatchcase

    rows, used = list(rows), set()
    for i, row in enumerate(rows):
        for pattern, reason in known.items():
            if row.verdict.failing and fnmatchcase(f"{row.role}:{row.name}", pattern):
                rows[i] = replace(row, known=reason)
                used.add(pattern)
    expired = [
        Row(pattern, "known", Verdict.MISSING, note=f"this known difference no longer occurs ({reason}); remove it from the case")
        for pattern, reason in known.items()
        if pattern not in used
    ]
    return (*rows, *expired)
