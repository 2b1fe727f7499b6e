"""Negative log likelihood of counts under a Poisson distribution, as PyTorch's."""

import math

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class PoissonNLLLoss(TorchLoss):
    r"""$$ \ell = e^x - t\,x $$ for log-rates x, or $$ \ell = x - t \log(x + \epsilon) $$ for rates; "full" adds Stirling's log t! for t > 1.

    Args:
        log_input: the input is the logarithm of the rate.
        full: add t·log t − t + ½·log(2πt) where t > 1.
        size_average, reduce: old words for `reduction`.
        eps: ε, for rates of 0.
        reduction: "none", "mean" or "sum", over all elements.

    Shapes:
        input and target alike, or broadcast.

    Differs from PyTorch:
        `keras.losses.Poisson` takes rates, PyTorch logarithms by default: 1.242 for 1.021 on the same numbers.
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
        **kwargs,
    ) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def call(self, input: Float[Tensor, "..."], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        check_broadcast(self, input=input.shape, target=target.shape)
        target = ops.cast(target, input.dtype)
        losses = ops.exp(input) - target * input if self.log_input else input - target * ops.log(input + self.eps)
        if self.full:
            count = ops.where(target > 1, target, 1.0)  # log 0 would make the gradient NaN even where it is not chosen
            losses = losses + ops.where(target > 1, count * ops.log(count) - count + 0.5 * ops.log(2 * math.pi * count), 0.0)
        return self.reduced(losses)
