"""Normal, with a share of zeros for every input."""

import math
from typing import Any

import keras
from keras import ops

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Sparse(PyTorchInitializer):
    r"""Draws from a normal distribution and cuts each input from the same number of outputs, chosen at random.

    $$ W_{oi} \sim \mathcal N(0, \sigma^2), \qquad \#\{o: W_{oi} = 0\} = \lceil s\,O \rceil $$

    Args:
        sparsity: s.
        std: σ.

    Shapes:
        two axes.

    Raises:
        ValueError: not two axes.

    Differs from PyTorch:
        Not. Keras has none.

    Source: Martens 2010, "Deep learning via Hessian-free optimization".
    """

    def __init__(self, sparsity: float, std: float = 0.01, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sparsity = sparsity
        self.std = std

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        if len(shape) != 2:
            raise ValueError(f"`tensor` must have 2 axes, got shape {shape}.")
        values = self.normal(shape, 0.0, self.std, dtype)
        ranks = ops.argsort(ops.argsort(self.uniform(shape, 0.0, 1.0, dtype), axis=0), axis=0)
        return ops.where(ranks < math.ceil(self.sparsity * shape[0]), ops.zeros_like(values), values)


def sparse_(tensor: keras.Variable, sparsity: float, std: float = 0.01, generator: Any = None) -> keras.Variable:
    """Fills a variable by `Sparse`; `generator` is its seed."""
    return fill(tensor, Sparse(sparsity, std, seed=generator))
