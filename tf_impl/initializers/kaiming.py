"""Kaiming, or He: a variance that a rectifier keeps from layer to layer."""

import math
from typing import Any

import keras

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fans, fill
from tf_impl.initializers.calculate_gain import calculate_gain
from tf_impl.typing import Tensor


class _Kaiming(PyTorchInitializer):
    def __init__(self, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if mode.lower() not in ("fan_in", "fan_out"):
            raise ValueError(f"`mode` must be 'fan_in' or 'fan_out', got {mode!r}.")
        calculate_gain(nonlinearity, a)
        self.a = a
        self.mode = mode
        self.nonlinearity = nonlinearity

    def _std(self, shape: tuple[int, ...]) -> float:
        fan = fans(shape)[self.mode.lower() == "fan_out"]
        return calculate_gain(self.nonlinearity, self.a) / math.sqrt(fan) if fan else 0.0


@keras.saving.register_keras_serializable(package="tf_impl")
class KaimingUniform(_Kaiming):
    r"""Draws uniformly, with a variance of g²/fan.

    $$ W \sim \mathcal U(-b, b), \qquad b = g \sqrt{\frac{3}{\text{fan}}} $$

    Args:
        a: the slope of the leaky ReLU that follows; g is `calculate_gain(nonlinearity, a)`. √5 makes b = 1/√fan_in, what Linear and Conv start from.
        mode: "fan_in" keeps the variance forwards, "fan_out" backwards.
        nonlinearity: what follows.

    Shapes:
        two axes or more.

    Raises:
        ValueError: fewer than two axes, an unknown `mode` or `nonlinearity`.

    Differs from PyTorch:
        Not. Keras' `HeUniform` has the same bound for ReLU and fan_in. For its `DepthwiseConv2D` Keras counts all channels as inputs of each: 64 channels make
        the weights 8 times smaller than those of a convolution with 64 groups.

    Source: He et al. 2015, "Delving deep into rectifiers", arXiv:1502.01852.
    """

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        bound = math.sqrt(3.0) * self._std(shape)
        return self.uniform(shape, -bound, bound, dtype)


@keras.saving.register_keras_serializable(package="tf_impl")
class KaimingNormal(_Kaiming):
    r"""Draws from a normal distribution, with a variance of g²/fan.

    $$ W \sim \mathcal N(0, \sigma^2), \qquad \sigma = \frac{g}{\sqrt{\text{fan}}} $$

    Args:
        a: the slope of the leaky ReLU that follows; g is `calculate_gain(nonlinearity, a)`.
        mode: "fan_in" keeps the variance forwards, "fan_out" backwards.
        nonlinearity: what follows.

    Shapes:
        two axes or more.

    Raises:
        ValueError: fewer than two axes, an unknown `mode` or `nonlinearity`.

    Differs from PyTorch:
        Not. Keras' `HeNormal` has this standard deviation for ReLU and fan_in but is truncated: nothing lies beyond 2.27 σ, where here 2.3 % do.

    Source: He et al. 2015, "Delving deep into rectifiers", arXiv:1502.01852.
    """

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        return self.normal(shape, 0.0, self._std(shape), dtype)


def kaiming_uniform_(tensor: keras.Variable, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None) -> keras.Variable:
    """Fills a variable by `KaimingUniform`; `generator` is its seed."""
    return fill(tensor, KaimingUniform(a, mode, nonlinearity, seed=generator))


def kaiming_normal_(tensor: keras.Variable, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None) -> keras.Variable:
    """Fills a variable by `KaimingNormal`; `generator` is its seed."""
    return fill(tensor, KaimingNormal(a, mode, nonlinearity, seed=generator))
