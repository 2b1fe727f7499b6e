"""A bounded odd function that saturates slowly."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Softsign(Elementwise):
    r"""$$ y = \frac{x}{1 + |x|} $$

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Nothing in the value (equal bits); rounding in the gradient, 1.1e-16.

    Source: Turian et al. 2009.
    """

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.softsign(inputs)
