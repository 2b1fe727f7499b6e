"""Gated linear unit."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class GLU(keras.layers.Layer):
    r"""$$ y = a\,\sigma(b), \qquad [a, b] = x \text{ halved along dim} $$

    Args:
        dim: the axis that is halved, counted in the tensor that the twin is given.

    Shapes:
        input (…, 2·n, …), output (…, n, …).

    Raises:
        ValueError: the axis does not exist, or its size is odd.

    Differs from PyTorch:
        Nothing for the same axes. The default −1 is the width of PyTorch's (N, C, H, W) and the channels of (N, H, W, C).
    """

    def __init__(self, dim: int = -1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.dim = dim
        self.built = True

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        rank = len(inputs.shape)
        if not -rank <= self.dim < rank:
            raise ValueError(f"GLU: dim must be in [{-rank}, {rank - 1}] for an input of shape {tuple(inputs.shape)}, got {self.dim}.")
        if inputs.shape[self.dim] is not None and inputs.shape[self.dim] % 2:
            raise ValueError(f"GLU: axis {self.dim} must be even to be halved, got shape {tuple(inputs.shape)}.")
        value, gate = ops.split(inputs, 2, axis=self.dim)
        return value * ops.sigmoid(gate)
