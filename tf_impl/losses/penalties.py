r"""Penalties on weights: a term added to the loss, whose gradient shrinks them. Any of them can be a layer's `kernel_regularizer`.

$$ \lambda \sum |w| \qquad \lambda \sum w^2 \qquad \tfrac\lambda2 \sum w^2 $$

Differs from PyTorch:
    `keras.regularizers.L2(λ)` has no ½: its gradient is 2λw, where PyTorch's `weight_decay=λ` adds λw. Write `L2(λ / 2)`; `tf.nn.l2_loss` has the ½.
    Keras' regularizers round λ to float32, in float64 models too: 2.2e-8 of the penalty for λ = 0.01. Here it is a Python float.
    With Adam neither is AdamW's decay, which does not pass through the moments.
"""

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def l1_penalty(weight: Float[Tensor, "..."], factor: float = 0.01) -> Float[Tensor, ""]:
    """factor · Σ|w|; the gradient at 0 is 0."""
    return factor * ops.sum(ops.abs(weight))


def l2_penalty(weight: Float[Tensor, "..."], factor: float = 0.01) -> Float[Tensor, ""]:
    """factor · Σw²."""
    return factor * ops.sum(ops.square(weight))


def weight_decay_penalty(weight: Float[Tensor, "..."], factor: float = 0.01) -> Float[Tensor, ""]:
    """½ · factor · Σw²: the term whose gradient is `weight_decay=factor`."""
    return 0.5 * factor * ops.sum(ops.square(weight))
