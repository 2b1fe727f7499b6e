"""Losses of distances: triplet and contrastive ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from parity.frameworks.torch_tracing import Op
from parity.frameworks.trials.trial import OpTrial, bound, changed_by

DISTANCES = frozenset({"pairwise_distance", "norm", "vector_norm", "cdist", "dist", "sqrt"})
MARGINS = (0.1, 0.2, 0.3, 0.5, 1.0, 2.0)


def triplets(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """triplet_margin_loss: other distances, another margin, pairs exchanged."""
    words = bound(op, op.args, dict(op.kwargs))
    margin, p, eps = float(words.get("margin", 1.0)), words.get("p", 2.0), words.get("eps", 1e-6)
    reduction, swap = words.get("reduction", "mean"), bool(words.get("swap", False))
    fix = f"as torch's {op.name}"

    def with_distance(distance: Any) -> Any:
        def run(a: torch.Tensor, b: torch.Tensor, c: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
            near, far = distance(a, b), distance(a, c)
            far = torch.minimum(far, distance(b, c)) if swap else far
            each = F.relu(near - far + margin)
            return {"mean": torch.mean, "sum": torch.sum}.get(reduction, lambda v: v)(each)

        return run

    told = {
        "squared distances": lambda a, b: (a - b + eps).pow(2).sum(-1),
        "squared distances without torch's eps": lambda a, b: (a - b).pow(2).sum(-1),
        "distances of the other order": lambda a, b: F.pairwise_distance(a, b, 1.0 if p == 2 else 2.0, eps),
        "one minus the cosine": lambda a, b: 1 - F.cosine_similarity(a, b),
        "the mean of the squares": lambda a, b: (a - b).pow(2).mean(-1),
    }
    for says, distance in told.items():
        yield OpTrial("loss-distance", f"{says} where torch has the distance of order {p:g}", fix, with_distance(distance))
    yield OpTrial("loss-distance", "distances without torch's eps", fix, changed_by(op, eps=0.0))
    for other in MARGINS:
        if other != margin:
            yield OpTrial("loss-margin", f"a margin of {other} where torch has {margin:g}", f"margin={margin:g}", changed_by(op, margin=other))
    yield OpTrial("loss-distance", f"swap={not swap}", fix, changed_by(op, swap=not swap))
    yield OpTrial("loss-arguments", "the positive and the negative exchanged", "torch's order", lambda a, b, c, *r, **k: op.function(a, c, b, *r, **k))


def lengths(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """A distance that is squared, or a root that is not taken."""
    yield OpTrial("loss-distance", f"the square of torch's {op.name}", "torch's distance", lambda *a, **k: op.function(*a, **k) ** 2)
