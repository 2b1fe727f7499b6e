"""Uniform in an interval."""

from typing import Any

import keras

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Uniform(PyTorchInitializer):
    r"""Draws uniformly between two bounds.

    $$ W \sim \mathcal U(a, b) $$

    Args:
        a: lower bound.
        b: upper bound.

    Shapes:
        any.

    Differs from PyTorch:
        Not. Keras' `RandomUniform` begins at ±0.05 where these bounds are 0 and 1, and repeats its draw at every call.

    Source: PyTorch's documentation, "torch.nn.init".
    """

    def __init__(self, a: float = 0.0, b: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a = a
        self.b = b

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        return self.uniform(shape, self.a, self.b, dtype)


def uniform_(tensor: keras.Variable, a: float = 0.0, b: float = 1.0, generator: Any = None) -> keras.Variable:
    """Fills a variable by `Uniform`; `generator` is its seed."""
    return fill(tensor, Uniform(a, b, seed=generator))
