"""Small values become 0, and NaN stays NaN."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Hardshrink(Elementwise):
    r"""$$ y = x \text{ for } |x| > \lambda, \quad 0 \text{ else} $$

    Args:
        lambd: λ.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        NaN stays NaN, as in PyTorch; `keras.ops.hard_shrink` makes it 0 on TensorFlow.
    """

    def __init__(self, lambd: float = 0.5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.lambd = lambd

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.where((inputs >= -self.lambd) & (inputs <= self.lambd), 0.0, inputs)


@keras.saving.register_keras_serializable(package="tf_impl")
class Softshrink(Elementwise):
    r"""$$ y = x - \lambda \text{ for } x > \lambda, \quad x + \lambda \text{ for } x < -\lambda, \quad 0 \text{ else} $$

    Args:
        lambd: λ.

    Shapes:
        input and output alike, any number of axes.

    Raises:
        ValueError: λ is negative (PyTorch raises when the layer is called).

    Differs from PyTorch:
        NaN stays NaN, as in PyTorch; `keras.ops.soft_shrink` makes it 0 on TensorFlow.
    """

    def __init__(self, lambd: float = 0.5, **kwargs) -> None:
        super().__init__(**kwargs)
        if lambd < 0:
            raise ValueError(f"Softshrink: lambd must not be negative, got {lambd}.")
        self.lambd = lambd

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        moved = ops.where(inputs > 0, inputs - self.lambd, inputs + self.lambd)
        return ops.where((inputs >= -self.lambd) & (inputs <= self.lambd), 0.0, moved)
