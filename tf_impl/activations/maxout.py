"""The greatest of several linear pieces: a learned convex activation."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Maxout(keras.layers.Layer):
    r"""$$ y_i = \max_{j < k} x_{i k + j} $$

    Args:
        num_pieces: k, the features of one unit, adjacent along `dim`.
        dim: the axis of the features, counted in the tensor that the twin is given.

    Shapes:
        input (…, k·n, …), output (…, n, …).

    Raises:
        ValueError: `num_pieces` is not positive, or does not divide the axis.

    Differs from PyTorch:
        Neither framework has this layer (Keras 1 had `MaxoutDense`); a tie shares its gradient evenly on both sides.

    Source: Goodfellow et al. 2013, arXiv:1302.4389.
    """

    def __init__(self, num_pieces: int, dim: int = -1, **kwargs) -> None:
        super().__init__(**kwargs)
        if num_pieces < 1:
            raise ValueError(f"Maxout: num_pieces must be at least 1, got {num_pieces}.")
        self.num_pieces = num_pieces
        self.dim = dim
        self.built = True

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        shape = list(ops.shape(inputs))
        dim = self.dim % len(shape)
        if isinstance(shape[dim], int) and shape[dim] % self.num_pieces:
            raise ValueError(f"Maxout: axis {self.dim} must be a multiple of num_pieces={self.num_pieces}, got shape {tuple(inputs.shape)}.")
        pieces = ops.reshape(inputs, (*shape[:dim], shape[dim] // self.num_pieces, self.num_pieces, *shape[dim + 1 :]))
        return ops.max(pieces, axis=dim + 1, initial=float("-inf"))  # without a start Keras refuses an empty batch
