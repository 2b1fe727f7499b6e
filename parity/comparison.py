"""Two sides, two precisions: one row a tensor. NumPy only; never permutes, renames, truncates, zeroes NaN or averages away.

`compare` takes four traces and returns a `Comparison`; it raises only when the traces do not belong together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np

from parity.measuring import Measures
from parity.row import Row as Row
from parity.row import StepNoise, judge_tensor
from parity.row import judge_arrays as judge_arrays
from parity.row import noted as _noted
from parity.trace import Record, Trace, TraceError
from parity.verdict import Verdict, worst

if TYPE_CHECKING:
    import pandas

COLUMNS = ("name", "role", "verdict", "difference", "torch_error", "keras_error", "scale", "worst_slice", "shape", "layer")
_CONSUMED = frozenset({"margin", "curve"})  # read with other records, no rows of their own
_SIDES = ("torch", "torch", "Keras", "Keras")
_PRECISIONS = ("float64", "the lower precision") * 2
_LOWER = ("float32", "float16", "bfloat16")


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
        outputs = [row for row in self.rows if row.role in {"output", "fact", "trajectory"}] or self.rows
        dead = all(row.verdict is Verdict.VACUOUS for row in outputs)
        return not dead and not any(row.failing for row in self.rows)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def table(self) -> pandas.DataFrame:
        """One line a row, in the columns of `COLUMNS`."""
        import pandas

        return pandas.DataFrame([[_cell(getattr(row, column)) for column in COLUMNS] for row in self.rows], columns=list(COLUMNS))


def _cell(value: Any) -> Any:
    return value.value if isinstance(value, Verdict) else value


def compare(
    reference64: Trace, reference32: Trace, actual64: Trace, actual32: Trace, *, moved64: Trace | None = None, turned64: Sequence[Trace] = ()
) -> Comparison:
    """Judges every record of four traces.

    Args:
        reference64, reference32: the reference side (torch) in both precisions.
        actual64, actual32: the other side.
        moved64: the reference in float64 with weights and inputs moved by ±2⁻⁴⁰, which decides ill-conditioned rows.
        turned64: the same, several times and by ±2⁻²⁰: whether a row that cancels in Keras' float32 is a rectifier that turned over.

    Raises:
        TraceError: the traces are of different cases or of the wrong precision.
    """
    _check(reference64, reference32, actual64, actual32, *([moved64] if moved64 else []), *turned64)
    traces = [trace.by_key() for trace in (reference64, reference32, actual64, actual32)]
    turned = [trace.by_key() for trace in turned64]
    bench = _Bench(traces, moved64.by_key() if moved64 else {}, turned, half=reference32.dtype != "float32")
    rows = (bench.judge(key) for key in dict.fromkeys(key for trace in traces for key in trace))
    return Comparison(tuple(row for row in rows if row is not None))


@dataclass
class _Bench:
    """What judging one record needs of the others."""

    traces: Sequence[Mapping[str, Record]]  # t64, t32, k64, k32, by key
    moved: Mapping[str, Record]
    turned: Sequence[Mapping[str, Record]]
    half: bool  # the lower precision is a half
    found: dict[str, Measures] = field(default_factory=dict)  # of the tensors of floats judged so far

    def judge(self, key: str) -> Row | None:
        """The row of one key; None for what has none of its own."""
        four = [trace.get(key) for trace in self.traces]
        present = [record for record in four if record is not None]
        first = present[0]
        if first.role in _CONSUMED:
            return None
        note = "; ".join(dict.fromkeys(record.note for record in present if record.note))
        base = Row(first.name, first.role, Verdict.IDENTICAL, layer=first.layer, note=note, shape=() if first.array is None else first.array.shape)
        if len(present) < 4:
            return _incomplete(base, four)
        arrays = tuple(record.array for record in present if record.array is not None)
        if len(arrays) < 4:
            return _judge_facts(base, present)
        moved = self.moved.get(key)
        step = self._step_noise(first.name) if first.role == "step" else None
        turned = [record.array for trace in self.turned if (record := trace.get(key)) is not None and record.array is not None]
        row, found = judge_tensor(base, arrays, moved=None if moved is None else moved.array, turned=turned, step=step, half=self.half)
        if found is not None:
            self.found[key] = found
        margin = self.traces[0].get(f"margin:{first.name}")
        if first.role == "output" and margin is not None and row.verdict is Verdict.DIFFERENT:
            row = self._judge_decision(row, arrays, margin)
        return None if row.role == "weight" and row.verdict is Verdict.IDENTICAL else row

    def _step_noise(self, name: str) -> StepNoise:
        parameter = name.rpartition("@")[0]
        weight = self.found.get(f"weight:{parameter}")
        return StepNoise(self.found.get(f"grad:{parameter}"), weight.scale if weight else 0.0)

    def _judge_decision(self, row: Row, arrays: Sequence[np.ndarray], margin: Record) -> Row:
        """Decisions (argmax, top-k, NMS) may part where the two floats that decided were no further apart than their noise: each may be off by N in
        float32, by rounding in float64. `margin` holds how far apart they were and, as its fact, the key of the tensor they stand in.
        """
        key = str(margin.fact)
        if key not in self.found and key in self.traces[0] and key != f"output:{row.name}":
            self.judge(key)  # it stands later in the traces
        decider = self.found.get(key)
        if decider is None or margin.array is None or margin.array.shape != arrays[0].shape:
            return _noted(row, f"its margin does not say by which tensor of this case it was decided ({margin.fact!r})")
        m = decider.measured[0]
        t64, t32, k64, k32 = arrays
        allowed = [(t64 != k64, 2 * float(max(m.difference, m.rounding_bound))), (t32 != k32, 2 * float(m.noise))]
        parted = sum(int(apart.sum()) for apart, _ in allowed)
        widest = max(float(np.max(margin.array[apart], initial=0.0)) / noise if noise else float("inf") for apart, noise in allowed if apart.any())
        told = f"{parted} decisions part, the clearest by {widest:.2g} times the noise of {margin.fact}"
        return _noted(replace(row, verdict=Verdict.INDISTINGUISHABLE if widest <= 1.0 else Verdict.DIFFERENT), told)


def _incomplete(base: Row, four: Sequence[Record | None]) -> Row:
    """The row of something that is not in all four traces."""
    t64, t32, k64, k32 = (record is not None for record in four)
    if not (k64 or k32):
        return _noted(replace(base, verdict=Verdict.MISSING), "Keras has nothing of this name")
    if not (t64 or t32):
        return _noted(replace(base, verdict=Verdict.EXTRA), "torch has nothing of this name")
    absent = [f"{side} in {precision}" for side, precision, there in zip(_SIDES, _PRECISIONS, (t64, t32, k64, k32), strict=True) if not there]
    return _noted(replace(base, verdict=Verdict.EXTRA if k64 and k32 else Verdict.MISSING), f"not recorded by {' and '.join(absent)}")


def _judge_facts(base: Row, four: Sequence[Record]) -> Row:
    """Facts are equal as JSON, in which tuples are lists and NaN is itself."""
    told = [record.fact if record.array is None else f"a tensor of shape {record.array.shape}" for record in four]
    for expected, actual, precision in zip(told[:2], told[2:], _PRECISIONS[:2], strict=True):
        if expected != actual and _json(expected) != _json(actual):
            return _noted(replace(base, verdict=Verdict.DIFFERENT), f"torch: {expected!r}; Keras: {actual!r} (in {precision})")
    return base


def _json(fact: Any) -> str:
    return json.dumps(fact, sort_keys=True, default=repr)


def _check(reference64: Trace, reference32: Trace, actual64: Trace, actual32: Trace, *moved64: Trace) -> None:
    """Refuses traces that do not belong together."""
    traces = [reference64, reference32, actual64, actual32, *moved64]
    subject = reference64.subject
    others = sorted({trace.subject for trace in traces} - {subject})
    if others:
        raise TraceError(f"The traces are of different cases: {subject} and {', '.join(others)}; compare traces of one case.")
    seeds = sorted({str(trace.made["seed"]) for trace in traces if "seed" in trace.made})
    if len(seeds) > 1:
        raise TraceError(f"{subject}: the traces were made from different seeds ({', '.join(seeds)}), so from different numbers; record them with one seed.")
    for name, trace in (("reference64", reference64), ("actual64", actual64), *(("moved64", trace) for trace in moved64)):
        if trace.dtype != "float64":
            raise TraceError(f"{subject}: expected a float64 trace as {name}, got one in {trace.dtype}; pass the traces in the order of the arguments.")
    if reference32.dtype != actual32.dtype:
        raise TraceError(f"{subject}: the lower precision is {reference32.dtype} on one side and {actual32.dtype} on the other; record both in one.")
    if reference32.dtype not in _LOWER:
        raise TraceError(
            f"{subject}: expected traces in {', '.join(_LOWER)} as reference32 and actual32, got {reference32.dtype}; record the lower precision too."
        )


def with_known(rows: Iterable[Row], known: dict[str, str]) -> tuple[Row, ...]:
    """Marks declared differences by their "role:name" pattern; a declaration that no row needs any more becomes a failing row."""
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
