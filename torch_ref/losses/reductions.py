r"""What "mean" divides by: elements, weights, or nothing at all.

$$ \text{mean} = \frac{\sum_n w_{y_n} \ell_n}{\sum_n w_{y_n}} \text{ (labels with weights)}, \qquad \frac1N \sum_n w_n \ell_n \text{ (weights of elements)} $$

Shapes: logits (N, C), labels (N,), weight (C,); or logits and target (N, …).

>>> told = weighted_mean(torch.tensor([[2.0, 0.0], [0.0, 0.0]]), torch.tensor([0, 1]), torch.tensor([1.0, 3.0]))
>>> told["mean"], told["sum"] / told["weights"], told["sum"] / 2
(tensor(0.5516), tensor(0.5516), tensor(1.1032))
>>> mean_of_nothing(torch.zeros(2, 3))["mean is NaN"]
True

Source: the notes, "BCELoss" (one by one, or at once).
"""

from typing import Any

import torch
from torch.nn import functional


def weighted_mean(logits: torch.Tensor, labels: torch.Tensor, weight: torch.Tensor) -> dict[str, Any]:
    """Cross-entropy with class weights: the mean is the sum over the labels' weights, not over N."""
    reduced = {word: functional.cross_entropy(logits, labels, weight, reduction=word) for word in ("mean", "sum", "none")}
    return reduced | {"weights": weight[labels].sum()}


def mean_of_nothing(logits: torch.Tensor) -> dict[str, Any]:
    """Cross-entropy whose labels are all ignored: 0 as a sum, NaN as a mean."""
    ignored = torch.full(logits.shape[:1], -100)
    reduced = {word: functional.cross_entropy(logits, ignored, reduction=word) for word in ("mean", "sum", "none")}
    return {"mean is NaN": bool(reduced["mean"].isnan()), "sum": reduced["sum"].item(), "none": reduced["none"].tolist()}


def one_by_one(logits: torch.Tensor, target: torch.Tensor) -> dict[str, Any]:
    """The mean over all elements, the mean of each element's own mean, and the mean of the rows' means: equal, because rows are as long as each other."""
    probabilities = torch.sigmoid(logits)
    elements = [functional.binary_cross_entropy(p, t) for p, t in zip(probabilities.flatten(), target.flatten(), strict=True)]
    rows = [functional.binary_cross_entropy(p, t) for p, t in zip(probabilities, target, strict=True)]
    return {
        "at once": functional.binary_cross_entropy(probabilities, target),
        "elements": torch.stack(elements).mean(),
        "rows": torch.stack(rows).mean(),
    }
