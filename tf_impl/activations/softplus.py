"""A smooth ReLU that is the identity beyond a threshold, as PyTorch's."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Softplus(Elementwise):
    r"""$$ y = \tfrac1\beta \log(1 + e^{\beta x}) \text{ for } \beta x \le \text{threshold}, \quad x \text{ beyond} $$

    Args:
        beta: sharpness of the bend.
        threshold: of βx, beyond which y = x.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        `keras.ops.softplus` has neither argument: without the threshold it is 7.6e-10 away at x = 21, up to 2.1e-9 just above 20, in float64.
        With a threshold beyond 88 (float32) or 709 (float64) PyTorch's exponential overflows to inf; the twin's does not.

    Source: Dugas et al. 2001.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.beta = beta
        self.threshold = threshold

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        scaled = self.beta * inputs
        return ops.where(scaled > self.threshold, inputs, ops.softplus(scaled) / self.beta)
