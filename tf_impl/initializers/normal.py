"""Normal, not truncated."""

from typing import Any

import keras

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Normal(PyTorchInitializer):
    r"""Draws from a normal distribution.

    $$ W \sim \mathcal N(\mu, \sigma^2) $$

    Args:
        mean: μ.
        std: σ.

    Shapes:
        any.

    Differs from PyTorch:
        Not. Keras' `RandomNormal` begins at σ = 0.05 where this is 1, and repeats its draw at every call.

    Source: PyTorch's documentation, "torch.nn.init".
    """

    def __init__(self, mean: float = 0.0, std: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mean = mean
        self.std = std

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        return self.normal(shape, self.mean, self.std, dtype)


def normal_(tensor: keras.Variable, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> keras.Variable:
    """Fills a variable by `Normal`; `generator` is its seed."""
    return fill(tensor, Normal(mean, std, seed=generator))
