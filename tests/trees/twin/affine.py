"""An affine map with a buffer, right."""

import keras

from .constants import SCALE


class Affine(keras.layers.Layer):
    def __init__(self, features: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.weight = self.add_weight(shape=(features,), name="weight")
        self.offset = self.add_weight(shape=(features,), name="offset", trainable=False)
        self.built = True

    def call(self, x):
        return SCALE * keras.ops.tanh(x * self.weight) + self.offset
