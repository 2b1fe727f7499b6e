"""What the harness costs, against the same work in plain loops (`benchmarks/plain.py`); framework import and first call apart.

python -m benchmarks.overhead

Training: LeNet on digits, 150 steps in float64 and in float32. Small: one Linear with its gradients in two precisions.
Plain and harness take turns in one process a framework, and the ratios are of processor time, so that what else the machine does stays out of them.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from parity.case import AnyCase, Case, TrainingCase, array
from parity.discovery import all_cases
from parity.judging import plan
from parity.runner import run

SIDES, DTYPES = ("torch", "keras"), ("float64", "float32")
TRAINING = next(case for case in all_cases() if case.id == "models.lenet:LeNet[digits]")
SMALL = 60
MOST_RATIO, MOST_MILLISECONDS = 1.25, 10.0


def small(i: int) -> Case:
    return Case("layers.linear:Linear", f"small{i}", config={"in_features": 3, "out_features": 5}, inputs={"x": array(4, 3)})


def elapsed(function: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    started = clock()
    function()
    return clock() - started


def measure(side: str) -> dict[str, float]:
    """In a process of its own: import and first call in seconds of the clock, the rest in seconds of the processor, the best of several turns."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    from benchmarks import plain
    from parity.worker import prepare, record_side

    assert isinstance(TRAINING, TrainingCase)
    imported = elapsed(lambda: prepare(side, "cpu", 1), time.perf_counter)
    train, call = {"torch": plain.torch_side, "keras": plain.keras_side}[side]()
    images, labels, batches = digits(TRAINING)
    first = elapsed(lambda: (call("float64"), train(images, labels, batches[:1], "float64")), time.perf_counter)

    def harness(case: AnyCase, dtype: str | None = None) -> None:
        with tempfile.TemporaryDirectory() as folder:
            specs = [spec for spec in plan(case, side) if spec.dtype == (dtype or spec.dtype)]
            failure = record_side(case, side, specs[:1] if dtype else specs, folder, "cpu", 1).failure
            assert not failure, failure

    harness(small(0))
    turns = [
        (elapsed(lambda: train(images, labels, batches, dtype)), elapsed(lambda: harness(TRAINING, dtype)))  # noqa: B023
        for dtype in DTYPES
        for _ in range(3)
    ]
    calls = [(elapsed(lambda: [call(dtype) for dtype in DTYPES]), elapsed(lambda: harness(small(i)))) for i in range(1, SMALL)]  # noqa: B023
    return {
        "import": imported,
        "first": first,
        "plain training": sum(min(turn[0] for turn in turns[i : i + 3]) for i in (0, 3)),
        "harness training": sum(min(turn[1] for turn in turns[i : i + 3]) for i in (0, 3)),
        "plain call": min(call[0] for call in calls),
        "harness call": min(call[1] for call in calls),
    }


def digits(case: TrainingCase) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Images, labels, and as many batches as the case has steps."""
    from parity.datasets import load

    images, labels = load(case.data)
    order = np.concatenate([np.random.default_rng(epoch).permutation(len(images))[: len(images) // case.batch * case.batch] for epoch in range(9)])
    return images.astype(np.float64), labels, order.reshape(-1, case.batch)[: case.steps]


def from_nothing(*cases: AnyCase) -> tuple[float, dict[str, float]]:
    """Seconds of the clock of `parity.run` with an empty cache, and the mean seconds a case of each part."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        found = run(cases=cases, out=Path(folder))
        taken = time.perf_counter() - started
    assert found.ok
    return taken, {part: float(np.mean([result.seconds[part] for result in found])) for part in found.results[0].seconds}


def main() -> bool:
    """Prints the tables; False where a budget is exceeded."""
    with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        found = {side: pool.apply(measure, (side,)) for side in SIDES}
    ratios = [found[side]["harness training"] / found[side]["plain training"] for side in SIDES]
    costs = [(found[side]["harness call"] - found[side]["plain call"]) * 1e3 for side in SIDES]

    def line(name: str, values: list[float], form: str = "12.2f", end: str = "") -> None:
        print(f"{name:46}" + "".join(format(value, form) for value in values) + end)

    print(f"{'':46}{'torch':>12}{'keras':>12}")
    line("framework import, s", [found[side]["import"] for side in SIDES])
    line("first call (building, tracing), s", [found[side]["first"] for side in SIDES])
    line("LeNet training, plain loops, processor s", [found[side]["plain training"] for side in SIDES])
    line("LeNet training, harness, processor s", [found[side]["harness training"] for side in SIDES])
    line("ratio", ratios, end=f"   at most {MOST_RATIO}")
    line("small case, plain, processor ms", [found[side]["plain call"] * 1e3 for side in SIDES])
    line("small case, harness, processor ms", [found[side]["harness call"] * 1e3 for side in SIDES])
    line("fixed cost of recording, ms", costs)

    one, _ = from_nothing(small(0))
    several, parts = from_nothing(*map(small, range(SMALL + 1)))
    each = (several - one) / SMALL * 1e3
    longer, _ = from_nothing(TRAINING)
    judged = parts["harness"] * 1e3
    print(f"\n`parity.run`, by the clock, from an empty cache: one small case {one:.2f} s, a further one {each:.1f} ms, LeNet's training {longer:.2f} s")
    print(f"fixed cost of a small case, recording on the slower side and writing, reading, judging ({judged:.1f} ms): "
          f"{max(costs) + judged:.1f} ms   at most {MOST_MILLISECONDS:g}")  # fmt: skip
    return max(ratios) <= MOST_RATIO and max(costs) + judged <= MOST_MILLISECONDS


if __name__ == "__main__":
    sys.exit(not main())
