"""Logistic loss of a score and a sign, for one label and for many, as PyTorch's."""

from typing import Any

import keras
import numpy as np
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast, constant, like
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SoftMarginLoss(TorchLoss):
    r"""$$ \ell = \log(1 + e^{-t x}) $$

    Args:
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over all elements.

    Shapes:
        input and target (1 or −1) alike, or broadcast.

    Differs from PyTorch:
        PyTorch's exponential overflows for −t·x > 88 in float32 (709 in float64): its loss is inf and its gradient NaN there. The twin's is −t·x.
        Keras has no such loss; it is `BCEWithLogitsLoss` for labels of ±1.
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", **kwargs) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)

    def call(self, input: Float[Tensor, "..."], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        check_broadcast(self, input=input.shape, target=target.shape)
        return self.reduced(ops.softplus(-ops.cast(target, input.dtype) * input))


@keras.saving.register_keras_serializable(package="tf_impl")
class MultiLabelSoftMarginLoss(TorchLoss):
    r"""$$ \ell_n = -\frac1C \sum_c w_c \bigl(t_{nc} \log\sigma(x_{nc}) + (1 - t_{nc}) \log\sigma(-x_{nc})\bigr) $$

    Args:
        weight: a factor for each class (C,).
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over the samples: the mean over the classes comes first.

    Shapes:
        input (logits) and target (…, C); with "none" the output is (…).

    Differs from PyTorch:
        Nothing: PyTorch too has the classes last here, on axis 1 of (N, C) only. With "mean" it is `BCEWithLogitsLoss(weight)`.
    """

    def __init__(self, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", **kwargs) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        self.weight = constant(weight)

    def call(self, input: Float[Tensor, "... c"], target: Num[Tensor, "... c"]) -> Float[Tensor, "..."]:
        check_broadcast(self, input=input.shape, target=target.shape, weight=np.shape(self.weight))
        target = ops.cast(target, input.dtype)
        losses = -(target * ops.log_sigmoid(input) + (1 - target) * ops.log_sigmoid(-input))
        return self.reduced(ops.mean(losses if self.weight is None else losses * like(self.weight, input), axis=-1))
