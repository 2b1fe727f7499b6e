"""Piecewise linear and quadratic stand-ins for tanh, sigmoid and swish; the kinks' gradients are PyTorch's."""

import warnings

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Hardtanh(Elementwise):
    r"""$$ y = \min(\max(x, a), b) $$

    Args:
        min_val: the lower bound a.
        max_val: the upper bound b.
        inplace: accepted, without effect.
        min_value: the old name of `min_val`; warns.
        max_value: the old name of `max_val`; warns.

    Shapes:
        input and output alike, any number of axes.

    Raises:
        ValueError: `max_val` is not above `min_val`.

    Differs from PyTorch:
        `keras.ops.hard_tanh` clips to ±1 only, and `clip`'s gradient at exactly ±1 is 1 on TensorFlow; PyTorch's and the twin's is 0.
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
        **kwargs,
    ) -> None:
        super().__init__(**kwargs)
        for old, new, value in (("min_value", "min_val", min_value), ("max_value", "max_val", max_value)):
            if value is not None:
                warnings.warn(f"Hardtanh: {old} is the old name of {new}; write {new}={value}.", FutureWarning, stacklevel=2)
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise ValueError(f"Hardtanh: max_val must be above min_val, got min_val={self.min_val} and max_val={self.max_val}.")

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.where(inputs <= self.min_val, self.min_val, ops.where(inputs >= self.max_val, self.max_val, inputs))

    def get_config(self) -> dict:
        return {**super().get_config(), "min_val": self.min_val, "max_val": self.max_val, "inplace": self.inplace}


@keras.saving.register_keras_serializable(package="tf_impl")
class Hardsigmoid(Elementwise):
    r"""$$ y = \tfrac16\min(\max(x + 3, 0), 6) $$

    Args:
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Keras 3 has the same function (Keras 2 had slope 0.2 and bounds ±2.5, up to 0.083 away).
        PyTorch's own gradient is the float32 ⅙ in float64 too: 5.0e-9 from the twin's.

    Source: Howard et al. 2019, arXiv:1905.02244.
    """

    def __init__(self, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.where(inputs <= -3, 0.0, ops.where(inputs >= 3, 1.0, (inputs + 3) / 6))


@keras.saving.register_keras_serializable(package="tf_impl")
class Hardswish(Elementwise):
    r"""$$ y = \tfrac{x}{6}\min(\max(x + 3, 0), 6) $$

    Args:
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Rounding only: 4.4e-16 in float64; the gradient is 0 at −3 and 1 at 3 on both sides.

    Source: Howard et al. 2019, arXiv:1905.02244.
    """

    def __init__(self, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.where(inputs <= -3, 0.0, ops.where(inputs >= 3, inputs, inputs * (inputs + 3) / 6))
