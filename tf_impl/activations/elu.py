"""Exponential linear units with PyTorch's arguments."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class ELU(keras.layers.ELU):
    r"""$$ y = x \text{ for } x > 0, \quad \alpha(e^x - 1) \text{ for } x \le 0 $$

    Args:
        alpha: the limit −α on the left.
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Rounding only: 1.1e-16 in float64, gradient included, which at 0 is α on both sides.

    Source: Clevert et al. 2015, arXiv:1511.07289.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False, **kwargs) -> None:
        super().__init__(alpha=alpha, **kwargs)
        self.inplace = inplace


@keras.saving.register_keras_serializable(package="tf_impl")
class CELU(Elementwise):
    r"""$$ y = x \text{ for } x > 0, \quad \alpha(e^{x/\alpha} - 1) \text{ for } x \le 0 $$

    Args:
        alpha: the limit −α on the left, and the width of the bend.
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Raises:
        ValueError: alpha is 0 (PyTorch raises when the layer is called).

    Differs from PyTorch:
        `keras.ops.celu` adds max(x, 0) and a function of min(x, 0), and both hand on the gradient at exactly 0: 2 there, 1 in PyTorch and here.
        PyTorch's own gradient rounds 1/α to float32: 1.2e-8 for α = 0.7 in float64, nothing for α = ½, 1, 2.

    Source: Barron 2017, arXiv:1704.07483.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        if alpha == 0:
            raise ValueError("CELU: alpha divides the input and cannot be 0.")
        self.alpha = alpha
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        negative = ops.where(inputs > 0, 0.0, inputs)  # exp of a large positive would be inf, and 0·inf in the gradient NaN
        return ops.where(inputs > 0, inputs, self.alpha * ops.expm1(negative / self.alpha))
