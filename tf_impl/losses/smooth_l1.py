"""Squared near zero, absolute far away: PyTorch's two parametrisations."""

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._loss import TorchLoss, warn_if_broadcast
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SmoothL1Loss(TorchLoss):
    r"""$$ \ell = \frac{d^2}{2\beta} \text{ for } d = |x - t| < \beta, \quad d - \frac\beta2 \text{ beyond} $$

    Args:
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over all elements.
        beta: where the square ends; 0 is `L1Loss`.

    Shapes:
        input and target alike, any number of axes; other shapes are broadcast with a warning.

    Raises:
        ValueError: beta is negative (PyTorch raises when the loss is called).

    Differs from PyTorch:
        Keras has `Huber(delta)` only, which is β times this: 3.348 for 1.674 at β = 2.
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0, **kwargs) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        if beta < 0:
            raise ValueError(f"SmoothL1Loss: beta must not be negative, got {beta}.")
        self.beta = beta

    def call(self, input: Float[Tensor, "..."], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        warn_if_broadcast(self, input, target)
        distance = ops.abs(ops.subtract(input, target))
        if self.beta == 0:
            return self.reduced(distance)
        return self.reduced(ops.where(distance < self.beta, 0.5 * distance * distance / self.beta, distance - 0.5 * self.beta))


@keras.saving.register_keras_serializable(package="tf_impl")
class HuberLoss(TorchLoss):
    r"""$$ \ell = \frac{d^2}{2} \text{ for } d = |x - t| \le \delta, \quad \delta\Bigl(d - \frac\delta2\Bigr) \text{ beyond} $$

    Args:
        reduction: "none", "mean" or "sum", over all elements.
        delta: where the square ends.

    Shapes:
        input and target alike, any number of axes; other shapes are broadcast with a warning.

    Raises:
        ValueError: delta is not positive (PyTorch raises when the loss is called).

    Differs from PyTorch:
        `keras.losses.Huber` is the same function; with "none" and "sum" it takes the mean over the last axis first (see `MSELoss`).
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0, **kwargs) -> None:
        super().__init__(reduction=reduction, **kwargs)
        if delta <= 0:
            raise ValueError(f"HuberLoss: delta must be positive, got {delta}.")
        self.delta = delta

    def call(self, input: Float[Tensor, "..."], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        warn_if_broadcast(self, input, target)
        distance = ops.abs(ops.subtract(input, target))
        return self.reduced(ops.where(distance <= self.delta, 0.5 * distance * distance, self.delta * (distance - 0.5 * self.delta)))
