"""Pieces of losses over boxes of which only some count."""

from jaxtyping import Bool, Float
from keras import ops

from tf_impl.typing import Tensor


def binary(logits: Float[Tensor, "*n"], targets: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
    """Binary cross entropy, without overflow: max(z, 0) − z·t + log(1 + e^−|z|)."""
    return ops.relu(logits) - logits * targets + ops.log1p(ops.exp(-ops.abs(logits)))


def sum_where(mask: Bool[Tensor, "*n"], values: Float[Tensor, "*n"]) -> Float[Tensor, ""]:
    """The sum of those in the mask; what is not in it may be anything, but not NaN in its gradient."""
    return ops.sum(ops.where(mask, values, ops.zeros_like(values)))
