"""`keras.Sequential` without an `Input` hands integers on as float32: ids above 2^24 look up other rows of an embedding."""

import sys

import keras
import numpy as np


class Shown(keras.layers.Embedding):
    """An embedding that returns the indices it would look up."""

    def call(self, inputs):
        return keras.ops.cast(inputs, "int64")


ids = np.array([[2**24 + 1]])
seen = int(keras.Sequential([Shown(2**25, 1)])(ids)[0, 0])
print(f"row {ids[0, 0]} is looked up as row {seen}")
sys.exit(0 if seen != ids[0, 0] else 1)
