"""Xavier, or Glorot: a variance between what forward and backward pass would like."""

import math
from typing import Any

import keras

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fans, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class XavierUniform(PyTorchInitializer):
    r"""Draws uniformly, with a variance of 2/(fan_in + fan_out).

    $$ W \sim \mathcal U(-a, a), \qquad a = g \sqrt{\frac{6}{\text{fan\_in} + \text{fan\_out}}} $$

    Args:
        gain: g.

    Shapes:
        two axes or more.

    Raises:
        ValueError: fewer than two axes.

    Differs from PyTorch:
        Not. Keras' `GlorotUniform` has the same bound for g = 1, what nearly every Keras layer starts from, and in PyTorch only attention.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """

    def __init__(self, gain: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gain = gain

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        bound = math.sqrt(3.0) * _std(shape, self.gain)
        return self.uniform(shape, -bound, bound, dtype)


@keras.saving.register_keras_serializable(package="tf_impl")
class XavierNormal(PyTorchInitializer):
    r"""Draws from a normal distribution, with a variance of 2/(fan_in + fan_out).

    $$ W \sim \mathcal N(0, \sigma^2), \qquad \sigma = g \sqrt{\frac{2}{\text{fan\_in} + \text{fan\_out}}} $$

    Args:
        gain: g.

    Shapes:
        two axes or more.

    Raises:
        ValueError: fewer than two axes.

    Differs from PyTorch:
        Not. Keras' `GlorotNormal` has this standard deviation but is truncated: nothing lies beyond 2.27 σ, where here 2.3 % do.

    Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """

    def __init__(self, gain: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gain = gain

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        return self.normal(shape, 0.0, _std(shape, self.gain), dtype)


def xavier_uniform_(tensor: keras.Variable, gain: float = 1.0, generator: Any = None) -> keras.Variable:
    """Fills a variable by `XavierUniform`; `generator` is its seed."""
    return fill(tensor, XavierUniform(gain, seed=generator))


def xavier_normal_(tensor: keras.Variable, gain: float = 1.0, generator: Any = None) -> keras.Variable:
    """Fills a variable by `XavierNormal`; `generator` is its seed."""
    return fill(tensor, XavierNormal(gain, seed=generator))


def _std(shape: tuple[int, ...], gain: float) -> float:
    return gain * math.sqrt(2.0 / float(sum(fans(shape))))
