"""Sigmoid linear unit, also known as swish."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SiLU(Elementwise):
    r"""$$ y = x\,\sigma(x) $$

    Args:
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Rounding only: 1.8e-16 relative in float64.

    Source: Ramachandran et al. 2017, arXiv:1710.05941.
    """

    def __init__(self, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.silu(inputs)
