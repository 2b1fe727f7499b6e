"""Rectified linear units with PyTorch's arguments."""

import keras
from jaxtyping import Float

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class ReLU(keras.layers.ReLU):
    r"""$$ y = \max(0, x) $$

    Args:
        inplace: accepted, without effect: tensors are immutable here.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        Nothing: bits are equal, the gradient at 0 is 0 on both sides.
        Keras' layer has three more arguments; its `negative_slope` with a `threshold` is slope·(x − threshold), which no PyTorch layer computes.

    Source: Nair and Hinton 2010.
    """

    def __init__(self, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.inplace = inplace

    def get_config(self) -> dict:
        return {**keras.layers.Layer.get_config(self), "inplace": self.inplace}


@keras.saving.register_keras_serializable(package="tf_impl")
class ReLU6(Elementwise):
    r"""$$ y = \min(\max(0, x), 6) $$

    Args:
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        On TensorFlow nothing: the gradient is 0 at 0 and at 6 on both sides.
        `jax.nn.relu6` takes half the gradient at either kink, so the twin selects by comparisons, which is the same on every backend.

    Source: Krizhevsky 2010, "Convolutional Deep Belief Networks on CIFAR-10".
    """

    def __init__(self, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return keras.ops.where(inputs <= 0, 0.0, keras.ops.where(inputs >= 6, 6.0, inputs))
