"""Values at or below a threshold are replaced."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Threshold(Elementwise):
    r"""$$ y = x \text{ for } x > \text{threshold}, \quad \text{value} \text{ else} $$

    Args:
        threshold: the greatest input that is replaced.
        value: what replaces it.
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        NaN stays NaN, as in PyTorch; `keras.ops.threshold` replaces it by the value.
        `keras.layers.ReLU(threshold=…)` replaces by 0 only.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.where(inputs <= self.threshold, self.value, inputs)
