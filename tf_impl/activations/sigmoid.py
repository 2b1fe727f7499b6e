"""The logistic function and its logarithm."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Sigmoid(Elementwise):
    r"""$$ \sigma(x) = \frac{1}{1 + e^{-x}} $$

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Rounding only: 2.2e-16 in float64.
        On TensorFlow, Keras remembers the logits on the output (`_keras_logits`), and its own `BinaryCrossentropy` then computes from them:
        the loss of σ(x) is 40.0 where the same numbers without that memory give 16.1. The twins of `tf_impl.losses` never look there.
    """

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.sigmoid(inputs)


@keras.saving.register_keras_serializable(package="tf_impl")
class LogSigmoid(Elementwise):
    r"""$$ \log\sigma(x) = -\log(1 + e^{-x}) $$, without overflow at either end.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Rounding only: 8.9e-16 in float64.
    """

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.log_sigmoid(inputs)
