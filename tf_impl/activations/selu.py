"""Self-normalising exponential linear unit."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor

_ALPHA = 1.6732632423543772848170429916717
_SCALE = 1.0507009873554804934193349852946


@keras.saving.register_keras_serializable(package="tf_impl")
class SELU(Elementwise):
    r"""$$ y = \lambda x \text{ for } x > 0, \quad \lambda\alpha(e^x - 1) \text{ for } x \le 0 $$

    Args:
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        `tf.nn.selu` takes the right branch's gradient at exactly 0, λ = 1.0507; PyTorch and the twin the left one's, λα = 1.7581.

    Source: Klambauer et al. 2017, arXiv:1706.02515.
    """

    def __init__(self, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        negative = ops.where(inputs > 0, 0.0, inputs)  # exp of a large positive would be inf, and 0·inf in the gradient NaN
        return ops.where(inputs > 0, _SCALE * inputs, _SCALE * _ALPHA * ops.expm1(negative))
