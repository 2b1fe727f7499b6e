"""`parity.check`: do two live models compute the same, and if not, where, why, and which line mends it.

The verdict comes from free runs of both models in both precisions; where and why come from a teacher-forced run and from trials (`parity.diagnosis`).
"""

from __future__ import annotations

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from parity.checked import Report
from parity.comparison import compare, with_known
from parity.diagnosis.allowing import explained_steps, held_otherwise, is_constant
from parity.diagnosis.diagnosing import activation_rows, diagnose
from parity.diagnosis.findings import Finding
from parity.diagnosis.matching import complain
from parity.diagnosis.session import Options, Session
from parity.diagnosis.settling import settle
from parity.diagnosis.settling_gradients import settle_by_gradients
from parity.errors import CannotRunError, ParityUsageError
from parity.limits import limited
from parity.row import Row
from parity.spilling import aside, trim
from parity.trace import Record, Trace
from parity.verdict import Verdict

LAYOUTS = ("auto", "channels_last", "same")
MODES = ("eager", "graph", "jit")


class ParityError(AssertionError):
    """Two models do not agree; the message is the printed report, `report` the report itself."""

    def __init__(self, report: Report) -> None:
        super().__init__(str(report))
        self.report = report


def check(
    torch_model: Any,
    keras_model: Any,
    inputs: Any,
    *,
    weights: str | Mapping[str, str] = "transfer",
    training: bool | None = None,
    gradients: bool = True,
    targets: Any = None,
    loss: tuple[Any, Any] | None = None,
    optimizer: tuple[Callable[..., Any], Any] | None = None,
    steps: int | None = None,
    keras_inputs: Any = None,
    layout: Any = "auto",
    layers: Mapping[str, str] | None = None,
    known: Sequence[str] | Mapping[str, str] = (),
    mode: str = "eager",
    device: str = "cpu",
    seed: int = 0,
    time_limit: float | None = None,
) -> Report:
    """Judges a Keras port of a PyTorch model.

    Args:
        torch_model, keras_model: live models, which are left as they were, or functions without arguments that build them.
        inputs: an array, a tuple or a dict of NumPy arrays, in torch's layout.
        weights: "transfer": torch's weights are put into the Keras model first; "as-is": both keep their own; or a mapping {torch name: Keras path} for the
            layers that are not found by themselves.
        training: None: outputs in evaluation, and training mode as soon as a loss or an optimizer is given; True or False force one. Torch's dropout masks
            are fed to Keras' dropouts.
        gradients: compare gradients of inputs and parameters too.
        targets: what the losses compare with, in torch's layout.
        loss: (torch's, Keras'); members of `keras.losses`, and functions whose first parameter is `y_true`, are called (target, output), any other
            callable (output, target).
        optimizer: (parameters → torch optimizer, () → Keras optimizer).
        steps: optimizer steps to compare; None: 3 with an optimizer, else 0.
        keras_inputs: where the Keras model wants other names, another structure or other numbers: as it takes them.
        layout: "auto": what uses an input decides; "channels_last" or "same"; or a mapping of input and output names to these or to a function of the array.
        layers: {torch path: Keras path}, globs allowed, where the matching would choose otherwise.
        known: expected differences, as patterns "role:name" (or a mapping of these to reasons); they fail once they no longer occur.
        mode: how the Keras model of the verdict runs: "eager", "graph" or "jit". Locating is eager.
        device: "cpu" or "cuda".
        seed: of dropout masks and of the cotangents that gradients are taken against.
        time_limit: seconds after which to give up.

    Returns:
        the report; true where everything agrees.

    Raises:
        ParityUsageError: what was asked for makes no sense (exit code 2).
        CannotRunError: a model, a framework or a device does not run (exit code 3).
    """
    started = time.perf_counter()
    _check_words(weights, loss, optimizer, steps, layout, mode, time_limit)
    if optimizer is not None and loss is None:
        raise ParityUsageError("optimizer: a step needs gradients of a loss; give loss=(torch, keras) too.")
    options = Options(
        weights=weights,
        training=training,
        gradients=gradients,
        targets=targets,
        loss=loss,
        optimizer=optimizer,
        steps=(3 if optimizer is not None else 0) if steps is None else steps,
        keras_inputs=keras_inputs,
        layout=layout,
        layers=layers,
        mode=mode,
        device=device,
        seed=seed,
    )
    with _quiet(), limited(time_limit), aside():
        session = Session(torch_model, keras_model, inputs, options)
        with session.torch.restored(), session.keras.restored():
            session.torch.configure(device)
            session.keras.configure(device)
            rows, findings = _judge(session)
    expected = dict.fromkeys(known, "expected") if not isinstance(known, Mapping) else dict(known)
    rows = list(with_known(rows, expected))
    made = {"torch": session.torch.made(), "keras": session.keras.made()}
    return Report(tuple(rows), list(findings), tuple(session.notes), _tree(session), made, time.perf_counter() - started, _pairs(session))


def assert_parity(torch_model: Any, keras_model: Any, inputs: Any, **words: Any) -> Report:
    """As `check`; raises where the models do not agree.

    Raises:
        ParityError: with the printed report.
    """
    report = check(torch_model, keras_model, inputs, **words)
    if not report.ok:
        raise ParityError(report)
    return report


def _judge(session: Session) -> tuple[list[Row], list[Finding]]:
    for training in session.modes:
        for dtype in ("float64", "float32"):
            steps = session.options.steps if training or session.options.training is False else 0
            like = session.torch_runs.get(("float64", training))
            session.torch_runs[(dtype, training)] = session.run_torch(dtype, training, steps=steps, like=like)
            trim()
    first = session.torch_runs[("float64", session.modes[0])]
    session.choose_inputs(first.flow)
    session.prepare_keras()
    session.match()
    if session.matching.torch_units and session.matching.keras_units and session.transfers and not _anything_in_common(session):
        raise ParityUsageError(f"The models share no layer: {complain(session.matching)}. Pass layers={{torch path: Keras path}}, or the right pair of models.")
    recorded = session.keras_records
    for dtype in ("float64", "float32"):
        trim()
        try:
            with session.keras_in(dtype):
                for training in session.modes:
                    session.force(dtype, training)
                    if dtype == "float64" and training is session.modes[0]:
                        settle(session, training)
                    trim()
                    steps = session.options.steps if training or session.options.training is False else 0
                    made = _recorded(session, dtype, training, steps)
                    if dtype == "float64" and settle_by_gradients(session, training, made):
                        made = _recorded(session, dtype, training, steps)
                    recorded[dtype] += made
                    trim()
        except CannotRunError as error:
            if dtype == "float32" or not _is_about_precision(error):
                raise
            session.only_float32 = str(error)
            session.notes.append(f"The Keras model does not run in float64 ({error}); judged in float32 only.")
    if session.trains and session.keras.untold_by_fit(session.keras_model):
        session.notes.append(UNTOLD)
    rows = explained_steps(session, held_otherwise(session, _rows(session, recorded)))
    failing = any(row.failing for row in rows)
    if failing:
        _check_repeatable(session)
    local = activation_rows(session)
    if not failing:
        local = [row for row in local if not row.failing]  # what the whole cancels out is no fault: two layers written as one, another order
    rows = [*local, *rows] if failing or local else rows
    return rows, diagnose(session, rows)


def _recorded(session: Session, dtype: str, training: bool, steps: int) -> list[Record]:
    """The Keras side's free run; where TensorFlow has no float64 kernel for an operation (grouped convolutions), compiled by XLA, which has."""
    try:
        return session.run_keras(dtype, training, steps=steps)
    except CannotRunError:
        if dtype != "float64" or session.options.mode != "eager" or session.torch_runs[(dtype, training)].masks[0]:
            raise
        session.options = replace(session.options, mode="jit")
        try:
            return session.run_keras(dtype, training, steps=steps)
        finally:
            session.options = replace(session.options, mode="eager")


def _anything_in_common(session: Session) -> bool:
    from parity.diagnosis.binding import kinship

    mine, theirs = session.matching.torch_units, session.matching.keras_units
    return bool(session.matching.matches) or any(kinship(unit, other) for unit in mine for other in theirs)


UNTOLD = (
    "Called with training=True, the Keras model's layers train; `fit` will not tell them so, because `call` has no argument `training` (Keras 3.15.1):"
    " write `def call(self, inputs, training=None)`."
)


def _is_about_precision(error: CannotRunError) -> bool:
    text = str(error).lower()
    return "float64" in text and any(word in text for word in ("float32", "dtype", "double", "float", "half"))


def _rows(session: Session, recorded: dict[str, list[Record]]) -> list[Row]:
    """The rule, on what both sides recorded."""
    mine = {dtype: [r for t in session.modes for r in session.torch_runs[(dtype, t)].records] for dtype in ("float64", "float32")}
    mine = {dtype: _as_keras_holds(records, recorded["float32"]) for dtype, records in mine.items()}
    if session.only_float32:
        recorded["float64"] = recorded["float32"]

    def trace(side: str, dtype: str, records: Sequence[Record]) -> Trace:
        return Trace("model", side, dtype, tuple(records), {}, {})

    traces = [trace("torch", d, mine[d]) for d in ("float64", "float32")] + [trace("keras", d, recorded[d]) for d in ("float64", "float32")]
    rows = list(compare(*traces).rows)
    if any(row.verdict is Verdict.ILL_CONDITIONED for row in rows):
        like = {t: session.torch_runs[("float64", t)] for t in session.modes}
        moved: list[Record] = []
        for training in session.modes:
            steps = session.options.steps if training else 0
            moved += session.run_torch("float64", training, state=session.moved_state(), steps=steps, like=like[training]).records
        rows = list(compare(*traces, moved64=trace("torch", "float64", _as_keras_holds(moved, recorded["float32"]))).rows)
    return [_worded(row) for row in rows if not is_constant(session, row, mine["float64"])]


def _as_keras_holds(records: Sequence[Record], theirs: Sequence[Record]) -> list[Record]:
    """Torch's steps of two biases as the one step that Keras' sum of them should have made."""
    sums = {r.name for r in theirs if r.role == "step" and "+" in r.name}
    if not sums:
        return list(records)
    by_name = {r.name: r for r in records if r.role == "step"}
    found, gone = [], set()
    for name in sorted(sums):
        base, _, end = name.partition("@")
        prefix, _, leaves = base.rpartition(".")
        parts = [f"{prefix}.{leaf}@{end}".lstrip(".") for leaf in leaves.split("+")]
        if all(part in by_name for part in parts):
            gone |= set(parts)
            arrays = [by_name[part].array for part in parts]
            found.append(Record("step", name, arrays[0] + arrays[1], layer=by_name[parts[0]].layer))  # type: ignore[operator]
    return [r for r in records if not (r.role == "step" and r.name in gone)] + found


def _worded(row: Row) -> Row:
    """What a missing gradient means here."""
    if row.role == "grad" and row.verdict is Verdict.MISSING:
        return replace(row, note="no trainable Keras variable holds this parameter")
    if row.role == "grad" and row.verdict is Verdict.EXTRA:
        return replace(row, note="no PyTorch parameter fills this variable")
    return row


def _drops_inside(layer: Any) -> bool:
    """A recurrence or attention of Keras that drops out by itself."""
    return any(isinstance(rate := getattr(layer, name, 0), float) and 0 < rate < 1 for name in ("dropout", "recurrent_dropout"))


def _check_repeatable(session: Session) -> None:
    """A model that gives other numbers every time cannot be judged.

    Raises:
        CannotRunError: naming the side.
    """
    import numpy as np

    trim()
    training, asked = session.modes[0], session.options
    like = session.torch_runs[("float64", training)]
    session.options = replace(session.options, seed=session.options.seed + 1)
    try:
        for mode in session.modes:
            run = session.torch_runs[("float64", mode)]
            again = {r.name: r.array for r in session.run_torch("float64", mode, like=run).records if r.role == "output"}
            first = {r.name: r.array for r in run.records if r.role == "output"}
            if any(not np.allclose(a, again[n], rtol=1e-9, atol=1e-12, equal_nan=True) for n, a in first.items()):  # type: ignore[arg-type]
                told = "The PyTorch model gives other numbers from the same inputs (random numbers that are not dropout)"
                where = f"{told} in training; pass" if mode and mode is not session.modes[0] else f"{told}; fix its seed, or pass"
                way = ", or check training=False" if mode else ""
                raise CannotRunError(f"{where} them as an input of both models{way}.")
        with session.keras_in("float64" if not session.only_float32 else "float32"):
            runs = []
            for _ in range(2):
                session.options = replace(session.options, seed=session.options.seed + 1)
                session.keras.seed(session.options.seed)
                values = [session.keras.plain_tensor(a) for a in session.given.keras_arrays]
                masks = like.masks[0] if training else []
                out = session.masked(lambda values=values: session.call_keras(values, training), masks)  # type: ignore[misc]
                runs.append([session.keras.array(t) for _, t in session._leaves(out, "Keras", session.keras)])
        if any(not np.allclose(a, b, rtol=1e-5, atol=1e-7, equal_nan=True) for a, b in zip(*runs, strict=True)):
            inner = [layer.name for layer in session.keras_model._flatten_layers() if _drops_inside(layer)] if training else []
            if inner:
                told = f"{', '.join(inner)}: dropout inside the cell draws other masks every time; torch's cannot be fed there."
                session.notes.append(told)
                return
            if training and not session.masks_fed:
                session.notes.append("The Keras model drops out at random where torch's masks could not be fed; its training mode cannot be compared exactly.")
            raise CannotRunError(
                "The Keras model gives other numbers from the same inputs (random numbers that are no matched dropout); fix its seed, or check training=False."
            )
    finally:
        session.options = asked


def _check_words(weights: Any, loss: Any, optimizer: Any, steps: Any, layout: Any, mode: str, time_limit: Any) -> None:
    """One sentence for each argument that makes no sense."""
    if not isinstance(weights, Mapping) and weights not in ("transfer", "as-is"):
        raise ParityUsageError(f"weights: expected 'transfer', 'as-is' or a mapping {{torch name: Keras path}}, got {weights!r}.")
    for name, pair in (("loss", loss), ("optimizer", optimizer)):
        if pair is not None and (not isinstance(pair, (tuple, list)) or len(pair) != 2 or not callable(pair[0])):
            raise ParityUsageError(f"{name}: expected a pair (for PyTorch, for Keras), got {pair!r}.")
    if steps is not None and (not isinstance(steps, int) or steps < 0 or (steps and optimizer is None)):
        raise ParityUsageError(f"steps: expected a count, with an optimizer, got {steps!r}{' without one' if optimizer is None else ''}.")
    if not isinstance(layout, Mapping) and layout not in LAYOUTS and not callable(layout):
        raise ParityUsageError(f"layout: expected {', '.join(map(repr, LAYOUTS))}, a function, or a mapping of names to these, got {layout!r}.")
    if mode not in MODES:
        raise ParityUsageError(f"mode: expected one of {', '.join(MODES)}, got {mode!r}.")
    if time_limit is not None and not time_limit > 0:
        raise ParityUsageError(f"time_limit: expected seconds above 0, got {time_limit!r}.")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _tree(session: Session) -> tuple[tuple[str, str], ...]:
    """The module tree of the torch side: path and class."""
    return tuple((path, type(module).__name__) for path, module in session.torch_model.named_modules())


def _pairs(session: Session) -> tuple[tuple[str, str, str], ...]:
    """Torch path, Keras path and how they were matched."""
    return tuple((m.torch.name, m.keras.name or m.keras.layer.name, m.how) for m in session.matching.matches)
