"""Gaussian error linear unit, exact by default."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class GELU(Elementwise):
    r"""The input times the normal distribution's share below it.

    $$ y = \tfrac{x}{2}\Bigl(1 + \mathrm{erf}\tfrac{x}{\sqrt2}\Bigr) \qquad
       \text{"tanh":}\ y = \tfrac{x}{2}\Bigl(1 + \tanh\bigl(\sqrt{2/\pi}\,(x + 0.044715\,x^3)\bigr)\Bigr) $$

    Args:
        approximate: "none" or "tanh".

    Shapes:
        input and output alike, any number of axes.

    Raises:
        ValueError: `approximate` is another word (PyTorch raises when the layer is called).

    Differs from PyTorch:
        `keras.ops.gelu` approximates by default (up to 4.7e-4 away); `keras.activations.gelu` and `activation="gelu"` do not.
        Both round their constants to float32 on TensorFlow, in float64 models too: 5.0e-9 (exact) and 9.0e-10 (tanh) on inputs up to 7.
        Here they are Python floats.

    Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """

    def __init__(self, approximate: str = "none", **kwargs) -> None:
        super().__init__(**kwargs)
        if approximate not in ("none", "tanh"):
            raise ValueError(f'GELU: approximate must be "none" or "tanh", got {approximate!r}.')
        self.approximate = approximate

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        if self.approximate == "tanh":
            return 0.5 * inputs * (1 + ops.tanh(math.sqrt(2 / math.pi) * (inputs + 0.044715 * inputs * inputs * inputs)))
        return 0.5 * inputs * (1 + ops.erf(inputs * math.sqrt(0.5)))
