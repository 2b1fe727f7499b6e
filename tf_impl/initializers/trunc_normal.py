"""Normal, cut off at absolute bounds."""

import math
import warnings
from typing import Any

import keras
from keras import ops

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class TruncNormal(PyTorchInitializer):
    r"""Draws from a normal distribution until every number lies between two bounds.

    $$ W \sim \mathcal N(\mu, \sigma^2) \;\big|\; a \le W \le b $$

    Args:
        mean: μ of the normal before the cut.
        std: σ of the normal before the cut.
        a: lower bound, absolute: not counted in σ.
        b: upper bound, absolute.

    Shapes:
        any.

    Differs from PyTorch:
        Not: it rejects and draws again by the same rule, normals where more than 0.3 of them lie inside, else uniforms under the density.
        Keras' `TruncatedNormal` cuts at ±2σ whatever σ is: at σ = 0.02, where −2 and 2 cut nothing, its standard deviation is 0.0176, 12 % less.
        `TruncNormal(std=σ, a=-2σ, b=2σ)` is the same.

    Source: PyTorch's documentation, "torch.nn.init".
    """

    def __init__(self, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mean = mean
        self.std = std
        self.a = a
        self.b = b

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        if self.mean < self.a - 2 * self.std or self.mean > self.b + 2 * self.std:
            warnings.warn("mean is more than 2 std from [a, b]: the distribution of the values may be wrong.", UserWarning, stacklevel=3)
        inside = _share_below((self.b - self.mean) / self.std) - _share_below((self.a - self.mean) / self.std)
        propose = self._from_normal if inside > 0.3 else self._from_uniform
        values, rejected = propose(shape, dtype)
        while bool(ops.convert_to_numpy(ops.any(rejected))):
            others, again = propose(shape, dtype)
            values = ops.where(rejected, others, values)
            rejected = ops.logical_and(rejected, again)
        return values

    def _from_normal(self, shape: tuple[int, ...], dtype: str) -> tuple[Tensor, Tensor]:
        values = self.normal(shape, self.mean, self.std, dtype)
        return values, ops.logical_or(values < self.a, values > self.b)

    def _from_uniform(self, shape: tuple[int, ...], dtype: str) -> tuple[Tensor, Tensor]:
        values = self.uniform(shape, self.a, self.b, dtype)
        peak = (max(self.a, min(self.mean, self.b)) - self.mean) / self.std
        log_density = 0.5 * peak**2 - 0.5 * ops.square((values - self.mean) / self.std)
        return values, ops.log(self.uniform(shape, 0.0, 1.0, dtype)) > log_density


def trunc_normal_(tensor: keras.Variable, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None) -> keras.Variable:
    """Fills a variable by `TruncNormal`; `generator` is its seed."""
    return fill(tensor, TruncNormal(mean, std, a, b, seed=generator))


def _share_below(x: float) -> float:
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0
