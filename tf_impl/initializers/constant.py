"""One number everywhere."""

from typing import Any

import keras
from keras import ops

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Constant(PyTorchInitializer):
    r"""Sets every element to the same number.

    $$ W = v $$

    Args:
        val: v.

    Shapes:
        any.

    Differs from PyTorch:
        Not. Keras' `Constant(0.1)` is 0.10000000149 in a float64 model on TensorFlow.

    Source: PyTorch's documentation, "torch.nn.init".
    """

    def __init__(self, val: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.val = val

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        return ops.full(shape, self.val, dtype=dtype)


def constant_(tensor: keras.Variable, val: float) -> keras.Variable:
    """Fills a variable with `val`."""
    return fill(tensor, Constant(val))


def ones_(tensor: keras.Variable) -> keras.Variable:
    """Fills a variable with 1."""
    return fill(tensor, Constant(1.0))


def zeros_(tensor: keras.Variable) -> keras.Variable:
    """Fills a variable with 0."""
    return fill(tensor, Constant(0.0))
