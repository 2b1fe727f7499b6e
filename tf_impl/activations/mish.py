"""A smooth, self-gated activation."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Mish(Elementwise):
    r"""$$ y = x \tanh(\log(1 + e^x)) $$

    Args:
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Rounding only: 1.3e-15 in float64.

    Source: Misra 2019, arXiv:1908.08681.
    """

    def __init__(self, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return inputs * ops.tanh(ops.softplus(inputs))
