"""Hyperbolic tangent and what it leaves over."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Tanh(Elementwise):
    r"""$$ y = \tanh x $$

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Rounding only: 4.4e-16 in float64 (the gradient 9.4e-16).
    """

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.tanh(inputs)


@keras.saving.register_keras_serializable(package="tf_impl")
class Tanhshrink(Elementwise):
    r"""$$ y = x - \tanh x $$

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Rounding only: 8.9e-16 in float64.
    """

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return inputs - ops.tanh(inputs)
