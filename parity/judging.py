"""From a case and its traces to rows: which runs a case needs, and how each kind of case is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from parity.case import AnyCase, DemoCase, Draw, OptimizerCase, TrainingCase
from parity.comparison import Comparison, Row, compare, with_known
from parity.recording import Move
from parity.row import CANCELS
from parity.trace import Trace, TraceError
from parity.training import ENVELOPE_RUNS, ULP, curves, judge_training, told_metrics
from parity.verdict import Verdict

NUDGE = 2.0**-40
TURN = 2.0**-20  # eight units of float32: what rounding adds up to in a deep network, so that what stands that near to its kink turns over


@dataclass(frozen=True)
class Spec:
    """One recording of one side. `label` is its file's name."""

    label: str
    dtype: str
    move: Move | None = None
    seed: int = 0


MOVED = Spec("float64-moved", "float64", Move(NUDGE))
TURNED = tuple(Spec(f"float64-turned{i}", "float64", Move(size, i // 2)) for i, size in enumerate((TURN, -TURN) * 2))  # to either side of where it stands


def plan(case: AnyCase, framework: str) -> tuple[Spec, ...]:
    """What one side has to record before the case can be judged."""
    specs = [Spec("float64", "float64"), Spec("float32", "float32")]
    if isinstance(case, TrainingCase):
        specs += [Spec(f"float32-seed{seed}", "float32", seed=seed) for seed in range(1, case.seeds)]
        if framework == "torch":
            specs += [Spec(f"float64-moved{i}", "float64", Move(ULP, i)) for i in range(ENVELOPE_RUNS)]
    return tuple(specs)


@dataclass(frozen=True)
class Judged:
    """Rows, and the curves to draw: of training, and of the case's figures."""

    rows: tuple[Row, ...]
    curves: Mapping[str, Any]

    @property
    def needs_moved(self) -> bool:
        """An ill-conditioned row asks for torch's float64 run from weights moved by 2⁻⁴⁰."""
        return any(row.verdict is Verdict.ILL_CONDITIONED and row.role != "trajectory" for row in self.rows)

    @property
    def needs_turned(self) -> bool:
        """A row that is right in float64 and far off in Keras' float32 asks for torch's float64 runs from weights moved by ±2⁻²⁰."""
        return any(CANCELS in row.note for row in self.rows)


def judge(case: AnyCase, reference: Mapping[str, Trace], actual: Mapping[str, Trace]) -> Judged:
    """Judges one case from the traces of both sides by label.

    Raises:
        TraceError: a trace is missing or of another case.
    """
    _check(case, reference, actual)
    if isinstance(case, TrainingCase):
        envelope = [trace for label, trace in sorted(reference.items()) if label.startswith("float64-moved")]
        rows = judge_training(case, reference["float64"], actual["float64"], envelope)
        drawn = curves(_seeds(reference), _seeds(actual), reference["float64"], actual["float64"])
        rows = tuple(
            replace(row, note=f"{row.note}; {told_metrics(_seeds(reference), _seeds(actual))}") if row.name == "loss per step" else row for row in rows
        )
        return Judged(with_known(rows, dict(case.known)), drawn)
    four = (reference["float64"], reference["float32"], actual["float64"], actual["float32"])
    turned = [reference[spec.label] for spec in TURNED if spec.label in reference]
    found: Comparison = compare(*four, moved64=reference.get(MOVED.label), turned64=turned)
    rows = found.rows
    if isinstance(case, DemoCase):
        rows = (*rows, *_printed(case, reference["float64"], "torch"), *_printed(case, actual["float64"], "Keras"))
    return Judged(with_known(rows, dict(case.known)), _drawn(case, reference["float64"], actual["float64"]))


def _drawn(case: AnyCase, reference: Trace, actual: Trace) -> dict[str, Any]:
    """What the case's figures draw: an input, which is the same for both sides, or what each of them recorded; matrices, to 6 digits."""
    inputs = {} if isinstance(case, (OptimizerCase, TrainingCase)) else case.inputs
    found: dict[str, Any] = {}
    for name in dict.fromkeys(name for figure in case.figures for name in figure.names):
        draw = inputs.get(name)
        if isinstance(draw, Draw):
            found[name] = {"given": _matrix(draw.draw(case.seed, case.id, name))}
            continue
        sides = {side: trace.by_key().get(name) for side, trace in (("torch", reference), ("keras", actual))}
        found[name] = {side: _matrix(record.array) for side, record in sides.items() if record is not None and record.array is not None}
    return found


def _matrix(array: np.ndarray) -> list[list[float]]:
    return [[float(f"{value:.6g}") for value in row] for row in np.atleast_2d(array).tolist()]


def _check(case: AnyCase, *sides: Mapping[str, Trace]) -> None:
    for side in sides:
        for label in ("float64", "float32"):
            if label not in side:
                raise TraceError(f"{case.id}: the {label} trace is missing on one side; record it with `parity record`.")
        for trace in side.values():
            if trace.subject != case.id:
                raise TraceError(f"Expected traces of {case.id}, got one of {trace.subject}; compare traces of one case.")


def _seeds(traces: Mapping[str, Trace]) -> list[Trace]:
    return [trace for label, trace in sorted(traces.items()) if label.startswith("float32")]


def _printed(case: DemoCase, trace: Trace, side: str) -> list[Row]:
    """What the notes or papers print, against one side's float64 run, to half a unit of the last printed digit."""
    records = trace.by_key()
    rows = []
    for name, printed in case.printed.items():
        record = records.get(f"output:{name}") or records.get(f"fact:{name}")
        row = Row(f"{name} ({side})", "printed", Verdict.EQUIVALENT)
        if record is None:
            rows.append(replace(row, verdict=Verdict.MISSING, note=f"in print: {printed!r}; {side} returned nothing of this name"))
        elif record.array is None:
            same = record.fact == printed
            rows.append(replace(row, verdict=Verdict.IDENTICAL if same else Verdict.DIFFERENT, note=f"in print: {printed!r}; {side} gives {record.fact!r}"))
        else:
            rows.append(_printed_array(row, np.asarray(printed, dtype=np.float64), record.array.astype(np.float64), case.decimals, side))
    return rows


def _printed_array(row: Row, printed: np.ndarray, actual: np.ndarray, decimals: int, side: str) -> Row:
    if printed.shape not in {(), actual.shape}:
        return replace(row, verdict=Verdict.SHAPE, shape=actual.shape, note=f"in print: shape {printed.shape}, {side} gives {actual.shape}")
    difference = float(np.max(np.abs(actual - printed), initial=0.0))
    scale = float(np.max(np.abs(printed), initial=0.0))
    within = difference <= 0.5 * 10.0**-decimals * (1 + 1e-9)
    verdict = (Verdict.IDENTICAL if difference == 0 else Verdict.EQUIVALENT) if within else Verdict.DIFFERENT
    return replace(row, verdict=verdict, difference=difference, scale=scale, shape=actual.shape, note=f"as in print, to {decimals} decimals")
