"""Negative log likelihood under a normal distribution whose variance is predicted too, as PyTorch's."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast, concrete, same_shape
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class GaussianNLLLoss(TorchLoss):
    r"""$$ \ell = \tfrac12\Bigl(\log v + \frac{(x - t)^2}{v}\Bigr) \; \bigl(+ \tfrac12 \log 2\pi\bigr), \qquad v = \max(\text{var}, \epsilon) $$

    Args:
        full: add the constant.
        eps: the smallest variance. The clamp is not seen by the gradient, which goes on to `var` as if v were it.
        reduction: "none", "mean" or "sum", over all elements.

    Shapes:
        input and target (…, D), or broadcast; var alike, with one axis of size 1, without the last axis, or a number.

    Raises:
        ValueError: var has none of these shapes or, outside of graphs, is negative somewhere.

    Differs from PyTorch:
        Keras has no such loss. Where var is (N, C, …) with an axis of size 1, that axis moves with the layout.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean", **kwargs) -> None:
        super().__init__(reduction=reduction, **kwargs)
        self.full = full
        self.eps = eps

    def call(self, input: Float[Tensor, "..."], target: Float[Tensor, "..."], var: Float[Tensor, "..."] | float) -> Float[Tensor, "..."]:
        check_broadcast(self, input=input.shape, target=target.shape)
        if isinstance(var, (int, float)):
            var = ops.full_like(input, var)
        elif same_shape(var.shape, input.shape[:-1]) and not same_shape(var.shape, input.shape):
            var = ops.expand_dims(var, -1)
        odd = [(m, n) for m, n in zip(var.shape, input.shape, strict=False) if m is not None and n is not None and m != n]
        if len(var.shape) != len(input.shape) or odd not in ([], [(1, odd[0][1])] if odd else []):
            raise ValueError(
                f"GaussianNLLLoss: var must have the input's shape {tuple(input.shape)}, one axis of size 1, or no last axis, got {tuple(var.shape)}."
            )
        seen = concrete(var)
        if seen is not None and (seen < 0).any():
            raise ValueError(f"GaussianNLLLoss: var must not be negative, got {seen.min()}.")
        variance = var + ops.stop_gradient(ops.maximum(var, self.eps) - var)
        losses = 0.5 * (ops.log(variance) + ops.square(input - target) / variance)
        return self.reduced(losses + 0.5 * math.log(2 * math.pi) if self.full else losses)
