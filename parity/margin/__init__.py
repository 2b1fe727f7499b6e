"""The rule's margin, measured: how far right computations stay below what it allows to rounding, and how far planted faults rise above.

Ratios are D / (2⁸·2⁻²⁹·N), the worst of the whole and of every slice; 1 is where the rule draws the line. The probes are generated here and
were used to choose nothing. On the reference machine, `python -m parity.margin`:

    1,040 right pairs in NumPy, and 579 tensors of 90 generated cases in PyTorch and Keras    at most 0.34 (half of them below 0.005)
    190 pairs with one of 38 planted faults                                                    at least 180,000
    10 pairs with an ε or constant wrong by less than float32 sees (`indistinguishable`)       at least 120,000

Keras' float32 error, in units of what torch's own float32 sees (32 is `imprecise`, 16,384 red), reaches 203, where softmax is computed from log-sum-exp.
"""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from parity.margin.faults import FAULTS, UNSEEN
from parity.margin.probe import Outcome, generator, judge_probe
from parity.margin.right import RIGHT


def judge_right(each: int = 40) -> Iterator[Outcome]:
    """`each` right pairs of every kind, in NumPy."""
    for kind in RIGHT:
        for i in range(each):
            yield judge_probe(kind.__name__, kind(generator("right", kind.__name__, i)))


def judge_faults(each: int = 5) -> Iterator[Outcome]:
    """`each` pairs with every planted fault."""
    for kind in FAULTS:
        for i in range(each):
            yield judge_probe(kind.__name__, kind(generator("fault", kind.__name__, i)))


def judge_unseen(each: int = 5) -> Iterator[Outcome]:
    """Pairs that are not the same formula, but nearer to each other than float32 can see."""
    for kind in UNSEEN:
        for i in range(each):
            yield judge_probe(kind.__name__, kind(generator("unseen", kind.__name__, i)))


def measure_margin(frameworks: bool = True) -> dict[str, Any]:
    """What the report plots: {"rounding": [ratios], "faults": [{"name", "ratio"}], "unseen": the same, "kernels": [K/V], "made": {…}}."""
    started = time.perf_counter()
    right, faults, unseen = list(judge_right()), list(judge_faults()), list(judge_unseen())
    between: list[Outcome] = []
    if frameworks:
        from parity.margin.frameworks import judge_frameworks

        between = list(judge_frameworks(each=10))
    right += between
    made = {
        "right": len(right),
        "of frameworks": len(between),
        "faults": len(faults),
        "largest rounding": max(outcome.ratio for outcome in right),
        "smallest fault": min(outcome.ratio for outcome in faults),
        "verdicts of right": dict(Counter(outcome.row.verdict.value for outcome in right)),
        "verdicts of faults": dict(Counter(outcome.row.verdict.value for outcome in faults)),
        "red though right": sorted({outcome.name for outcome in right if outcome.row.failing}),
        "not red though wrong": sorted({outcome.name for outcome in faults if not outcome.row.failing}),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "seconds": round(time.perf_counter() - started, 1),
    }
    return {
        "rounding": [outcome.ratio for outcome in right],
        "faults": [_named(outcome) for outcome in faults],
        "unseen": [_named(outcome) for outcome in unseen],
        "kernels": [outcome.kernel for outcome in right],
        "made": made,
    }


def _named(outcome: Outcome) -> dict[str, Any]:
    return {"name": outcome.name.replace("_", " "), "ratio": outcome.ratio}
