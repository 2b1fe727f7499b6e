r"""What "mean" divides by: elements, weights, or nothing at all. The twins', which are PyTorch's.

$$ \text{mean} = \frac{\sum_n w_{y_n} \ell_n}{\sum_n w_{y_n}} \text{ (labels with weights)}, \qquad \frac1N \sum_n w_n \ell_n \text{ (weights of elements)} $$

Differs from PyTorch:
    Keras' own losses average over the last axis before anything else: with "none" they return an axis less, with "sum" less by its size.
    `fit(class_weight=)` and sample weights divide by N (1.72 for 1.03 in a measured example) unless `reduction="mean_with_sample_weight"`.
    The mean of nothing is 0 in Keras, NaN in PyTorch.
"""

from typing import Any

from jaxtyping import Float, Integer
from keras import ops

from tf_impl.losses.bce import BCELoss
from tf_impl.losses.cross_entropy import CrossEntropyLoss
from tf_impl.typing import Tensor


def weighted_mean(logits: Float[Tensor, "n c"], labels: Integer[Tensor, " n"], weight: Float[Tensor, " c"]) -> dict[str, Any]:
    """Cross-entropy with class weights: the mean is the sum over the labels' weights, not over N."""
    reduced = {word: CrossEntropyLoss(weight, reduction=word)(logits, labels) for word in ("mean", "sum", "none")}
    return reduced | {"weights": ops.sum(ops.take(weight, labels))}


def mean_of_nothing(logits: Float[Tensor, "n c"]) -> dict[str, Any]:
    """Cross-entropy whose labels are all ignored: 0 as a sum, NaN as a mean."""
    ignored = ops.full(logits.shape[:1], -100, dtype="int32")
    reduced = {word: ops.convert_to_numpy(CrossEntropyLoss(reduction=word)(logits, ignored)) for word in ("mean", "sum", "none")}
    return {"mean is NaN": bool(reduced["mean"] != reduced["mean"]), "sum": reduced["sum"].item(), "none": reduced["none"].tolist()}


def one_by_one(logits: Float[Tensor, "n c"], target: Float[Tensor, "n c"]) -> dict[str, Any]:
    """The mean over all elements, the mean of each element's own mean, and the mean of the rows' means: equal, because rows are as long as each other."""
    loss, probabilities = BCELoss(), ops.sigmoid(logits)
    elements = [loss(p, t) for p, t in zip(ops.reshape(probabilities, (-1,)), ops.reshape(target, (-1,)), strict=True)]
    rows = [loss(p, t) for p, t in zip(probabilities, target, strict=True)]
    return {"at once": loss(probabilities, target), "elements": ops.mean(ops.stack(elements)), "rows": ops.mean(ops.stack(rows))}
