"""Off TensorFlow Keras answers float32 when float64 meets another float, also a Python one."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

kinds = [keras.backend.result_type("float64", "float32"), keras.backend.result_type("float64", float)]
x = keras.ops.convert_to_tensor(np.float64([0.1]))
largest = keras.ops.maximum(x, 0.0)
print(f"float64 with float32: {kinds[0]}, with a Python float: {kinds[1]}; maximum(0.1, 0.0) is {float(largest[0]):.11f}")
sys.exit(0 if kinds != ["float64"] * 2 or float(largest[0]) != 0.1 else 1)
