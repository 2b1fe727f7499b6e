"""Leaky ReLU and its randomised form with PyTorch's arguments and defaults."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class LeakyReLU(keras.layers.LeakyReLU):
    r"""$$ y = x \text{ for } x > 0, \quad a\,x \text{ for } x \le 0 $$

    Args:
        negative_slope: the slope a, of any sign.
        inplace: accepted, without effect.

    Shapes:
        input and output alike, any number of axes.

    Differs from PyTorch:
        The default slope is 0.01; Keras' layer has 0.3, `keras.ops.leaky_relu` 0.2. Keras' layer refuses a negative slope.
        TensorFlow's kernel rounds the slope to float32: 1.5e-8 of the value in a float64 model. Here the slope is a Python float.

    Source: Maas et al. 2013.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.negative_slope = negative_slope
        self.inplace = inplace

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return ops.where(inputs > 0, inputs, self.negative_slope * inputs)

    def get_config(self) -> dict:
        return {**keras.layers.Layer.get_config(self), "negative_slope": self.negative_slope, "inplace": self.inplace}


@keras.saving.register_keras_serializable(package="tf_impl")
class RReLU(Elementwise):
    r"""Leaky ReLU with a slope drawn from U(lower, upper) for every element in training, and their mean in evaluation.

    Args:
        lower: the smallest slope.
        upper: the largest slope.
        inplace: accepted, without effect.
        seed: of the slopes; `None` draws one.

    Shapes:
        input and output alike, any number of axes.

    Raises:
        ValueError: `lower` exceeds `upper` (PyTorch raises when the layer is called).

    Differs from PyTorch:
        The random slopes are other numbers of the same distribution; evaluation is equal. Keras has no such layer.

    Source: Xu et al. 2015, arXiv:1505.00853.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False, *, seed: int | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        if lower > upper:
            raise ValueError(f"RReLU: lower must not exceed upper, got lower={lower} and upper={upper}.")
        self.lower = lower
        self.upper = upper
        self.inplace = inplace
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Float[Tensor, "..."], training: bool = False) -> Float[Tensor, "..."]:
        slope = (self.lower + self.upper) / 2
        if training:
            slope = keras.random.uniform(ops.shape(inputs), self.lower, self.upper, dtype=inputs.dtype, seed=self.seed_generator)
        return ops.where(inputs > 0, inputs, slope * inputs)
