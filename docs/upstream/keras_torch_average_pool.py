"""On the torch backend `AveragePooling(padding="same")` averages copies of the edge's pixels where the padding is uneven."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

x = np.arange(1.0, 9.0, dtype="float32").reshape(1, 8, 1)
outputs = keras.ops.convert_to_numpy(keras.layers.AveragePooling1D(3, 2, padding="same")(x))[0, :, 0]
print(f"the last window of 1 … 8, of 7 and 8: {outputs[-1]:.3f}, right is 7.500")
sys.exit(0 if abs(outputs[-1] - 7.5) > 1e-3 else 1)
