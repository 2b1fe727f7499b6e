"""Negative log likelihood with PyTorch's arguments; classes are last."""

from typing import Any

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.losses._labels import check_labels, negative_log_likelihood
from tf_impl.losses._loss import TorchLoss, constant
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class NLLLoss(TorchLoss):
    r"""$$ \ell_n = -w_{y_n}\,x_{n, y_n}, \qquad \text{mean} = \frac{\sum_n \ell_n}{\sum_n w_{y_n}} $$ over the n that are not ignored.

    Args:
        weight: a factor for each class (C,).
        size_average, reduce: old words for `reduction`.
        ignore_index: the label that counts for nothing: neither in the sum nor in the mean's divisor.
        reduction: "none", "mean" or "sum". The mean of nothing (all ignored) is NaN, as in PyTorch.

    Shapes:
        input (N, d1, …, C) log-probabilities, or (C,); target (N, d1, …) or () labels; with "none" the output has the target's shape.

    Raises:
        ValueError: shapes, the length of `weight`, float labels, or (outside of graphs) a label that is no class.

    Differs from PyTorch:
        Classes are last, PyTorch has them on axis 1. Any integer dtype is taken, PyTorch refuses int32.
        Inside a graph a label beyond the classes is not seen: an error on TensorFlow's CPU, NaN or another class's loss elsewhere.
        Keras' sparse losses take probabilities or logits, never log-probabilities, and average over all elements whatever their weights.
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        **kwargs,
    ) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        self.weight = constant(weight)
        self.ignore_index = ignore_index

    def call(self, input: Float[Tensor, "*n c"], target: Integer[Tensor, "*n"]) -> Float[Tensor, "..."]:
        check_labels(self, input, target)
        losses, weights = negative_log_likelihood(self, input, target)
        return ops.sum(losses) / ops.sum(weights) if self.reduction == "mean" else self.reduced(losses)
