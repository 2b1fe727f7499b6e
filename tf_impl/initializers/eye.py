"""The identity matrix: a linear layer that passes on what it can."""

from typing import Any

import keras
from keras import ops

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Eye(PyTorchInitializer):
    r"""Ones on the diagonal of a matrix.

    $$ W_{oi} = [o = i] $$

    Shapes:
        two axes.

    Raises:
        ValueError: not two axes.

    Differs from PyTorch:
        Not. Keras' `Identity` is the same for matrices.

    Source: PyTorch's documentation, "torch.nn.init".
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        if len(shape) != 2:
            raise ValueError(f"`tensor` must have 2 axes, got shape {shape}.")
        return ops.eye(*shape, dtype=dtype)


def eye_(tensor: keras.Variable) -> keras.Variable:
    """Makes a variable the identity."""
    return fill(tensor, Eye())
