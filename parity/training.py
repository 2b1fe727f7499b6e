"""A training run on both sides: same weights, same batches; judged in float64 against torch's own envelope, shown in float32.

Training is chaotic: a difference of one ulp grows until two right runs are strangers. Five torch runs whose every weight starts one ulp away
measure how fast; Keras must stay within 2⁸ of that envelope while the envelope is below 2⁻⁶ of the weights. Where it is no longer is the horizon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from parity.case import TrainingCase, seeded
from parity.comparison import Row
from parity.trace import Trace
from parity.verdict import BLIND, EPS64, MARGIN, Verdict

if TYPE_CHECKING:
    from parity.recording import _Session

ENVELOPE_RUNS = 5
ULP = 2.0**-52


def checkpoints(steps: int) -> list[int]:
    """The steps whose weights are kept: the Fibonacci numbers and the last."""
    found, a, b = [], 1, 2
    while a < steps:
        found.append(a)
        a, b = b, a + b
    return [*found, steps]


def batches(case: TrainingCase, size: int, seed: int) -> np.ndarray:
    """Indices (steps, batch) from seeded permutations, epoch after epoch; a ragged tail is dropped."""
    per_epoch = size // case.batch
    epochs = -(-case.steps // per_epoch)
    order = [seeded("batches", case.id, case.seed + seed, epoch).permutation(size)[: per_epoch * case.batch] for epoch in range(epochs)]
    return np.concatenate(order).reshape(-1, case.batch)[: case.steps]


def record_training(session: _Session, case: TrainingCase, seed: int) -> None:
    """Trains once and records the curves; in float64 also the weights at the checkpoints."""
    from parity.datasets import load
    from parity.frameworks.base import find

    adapter = session.adapter
    images, labels = load(case.data, **case.data_config)
    order = seeded("split", case.id).permutation(len(images)) if case.split == "random" else np.arange(len(images))[::-1]
    share = int(len(order) * case.held_out)
    held_out, kept = order[:share][:1000] if share else order, order[share:]
    model = session.built_from(case.target, case.config)
    layout = "channels_last" if images.ndim == 4 else "same"  # sequences (N, T, F) have the same axes on both sides
    adapter.prepare(model, [adapter.tensor(images[:2], layout)])  # type: ignore[arg-type]
    slots = adapter.slots(model)
    session.start(slots, {})
    trained = [slot for slot in slots if slot.trainable]
    variables = [slot.variable for slot in trained]
    loss = session.built_from(case.loss.target, case.loss.config)
    optimizer = adapter.optimizer(find(session.root, case.optimizer.target), case.optimizer.config, variables)
    step_once = adapter.trainer(model, loss, optimizer, variables)
    losses, accuracies = [], []
    watched = set(checkpoints(case.steps)) if session.dtype == "float64" else set()
    for step, chosen in enumerate(batches(case, len(kept), seed), start=1):
        index = kept[chosen]
        value, accuracy = step_once(adapter.tensor(images[index], layout), adapter.tensor(labels[index]))  # type: ignore[arg-type]
        losses.append(value)
        accuracies.append(accuracy)
        if step in watched:
            session.add_slots("trajectory", trained, [adapter.read(variable) for variable in variables], f"@{step}")
    answers = adapter.call(model, [adapter.tensor(images[held_out], layout)], False)  # type: ignore[arg-type]
    outputs = adapter.array(answers)
    session.add("curve", "loss", np.array(losses))
    session.add("curve", "accuracy", np.array(accuracies))
    session.add("curve", "held-out loss", adapter.array(loss(answers, adapter.tensor(labels[held_out]))).reshape(1))
    session.add("curve", "held-out accuracy", np.array([_accuracy(outputs, labels[held_out])]))


def _accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """The share of right answers, as `Framework.trainer` counts them."""
    right = outputs.argmax(-1) == labels if labels.dtype.kind in "iu" else np.abs(outputs - labels) < 0.5
    return float(np.mean(right))


def judge_training(case: TrainingCase, torch64: Trace, keras64: Trace, envelope: Sequence[Trace]) -> tuple[Row, ...]:
    """One row a parameter, and one for the loss: how far Keras is from torch, against how far torch is from itself."""
    expected, actual = torch64.by_key(), keras64.by_key()
    moved = [trace.by_key() for trace in envelope]
    names = dict.fromkeys(key.rpartition("@")[0] for key in [*expected, *actual] if key.startswith("trajectory:"))
    rows = [_judge_parameter(case, name, expected, actual, moved) for name in names]
    return (*rows, _judge_curve(case, expected, actual, moved))


def _judge_parameter(case: TrainingCase, key: str, expected: Mapping, actual: Mapping, moved: Sequence[Mapping]) -> Row:  # type: ignore[type-arg]
    name = key.removeprefix("trajectory:")
    steps = checkpoints(case.steps)
    if f"{key}@{steps[0]}" not in expected:
        return Row(name, "trajectory", Verdict.EXTRA, note="torch has nothing of this name")
    if f"{key}@{steps[0]}" not in actual:
        return Row(name, "trajectory", Verdict.MISSING, note="Keras has nothing of this name")
    points = []
    for step in steps:
        at = f"{key}@{step}"
        reference, other = expected[at].array, actual[at].array
        if reference.shape != other.shape:
            return Row(name, "trajectory", Verdict.SHAPE, shape=reference.shape, note=f"torch {reference.shape}, Keras {other.shape}")
        spread = max((_apart(run[at].array, reference) for run in moved), default=0.0)
        scale = float(np.max(np.abs(reference), initial=0.0))
        points.append((step, _apart(other, reference), max(spread, EPS64 * scale), scale))
    return _judge_points(name, points, expected[f"{key}@{steps[0]}"].array.shape, expected[f"{key}@{steps[0]}"].layer)


def _judge_points(name: str, points: Sequence[tuple[int, float, float, float]], shape: tuple[int, ...], layer: str) -> Row:
    inside = []
    for point in points:
        if not point[2] <= BLIND * point[3]:  # also when a run blew up to NaN
            break
        inside.append(point)
    if not inside:
        return Row(
            name, "trajectory", Verdict.ILL_CONDITIONED, shape=shape, layer=layer, note="torch's own runs part at the first step: nothing can be decided"
        )
    step, difference, spread, scale = max(inside, key=lambda p: p[1] / p[2] if np.isfinite(p[1]) else np.inf)
    horizon, last = inside[-1][0], points[-1][0]
    verdict = Verdict.EQUIVALENT if difference <= MARGIN * spread else Verdict.DIFFERENT
    note = f"worst at step {step}: {difference / spread:.3g} times torch's own envelope ({MARGIN:.0f} allowed); horizon: step {horizon} of {last}"
    return Row(name, "trajectory", verdict, difference, torch_error=spread, scale=scale, shape=shape, layer=layer, note=note)


def _judge_curve(case: TrainingCase, expected: Mapping, actual: Mapping, moved: Sequence[Mapping]) -> Row:  # type: ignore[type-arg]
    reference, other = expected["curve:loss"].array, actual["curve:loss"].array
    spreads = [np.abs(run["curve:loss"].array - reference) for run in moved] or [np.zeros_like(reference)]
    spread = np.maximum.accumulate(np.max(spreads, axis=0))  # the loss may pass near torch's by chance: the widest so far counts
    scale = np.abs(reference)
    points = [
        (step + 1, float(abs(other[step] - reference[step])), max(float(spread[step]), EPS64 * float(scale[step])), float(scale[step]))
        for step in range(case.steps)
    ]
    row = _judge_points("loss per step", points, reference.shape, "")
    return row


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.max(np.abs(a - b), initial=0.0))


def curves(torch32: Sequence[Trace], keras32: Sequence[Trace], torch64: Trace, keras64: Trace) -> dict[str, dict[str, list[list[float]]]]:
    """What the report draws: {"loss": {"torch float32": [one list a seed], …}, …}."""
    sides = {"torch float32": torch32, "keras float32": keras32, "torch float64": [torch64], "keras float64": [keras64]}
    keys = ("loss", "accuracy", "held-out loss", "held-out accuracy")
    return {key: {side: [trace[f"curve:{key}"].array.tolist() for trace in traces] for side, traces in sides.items()} for key in keys}  # type: ignore[union-attr]


def told_metrics(torch32: Sequence[Trace], keras32: Sequence[Trace]) -> str:
    """Final float32 metrics over the seeds, in words."""
    told = []
    for key in ("loss", "held-out loss", "held-out accuracy"):
        ours = [float(trace[f"curve:{key}"].array[-1]) for trace in torch32]  # type: ignore[index]
        theirs = [float(trace[f"curve:{key}"].array[-1]) for trace in keras32]  # type: ignore[index]
        told.append(f"{key} torch {np.mean(ours):.4f} ± {np.std(ours):.4f}, Keras {np.mean(theirs):.4f} ± {np.std(theirs):.4f}")
    return f"float32, {len(torch32)} seeds: " + "; ".join(told)
