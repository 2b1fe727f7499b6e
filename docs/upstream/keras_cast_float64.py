"""`keras.ops.cast` of a Python float, and `keras.initializers.Constant`, make float64 by way of float32 on TensorFlow."""

import sys

import keras

cast = float(keras.ops.cast(0.1, "float64"))
constant = float(keras.initializers.Constant(0.1)((), dtype="float64"))
print(f"0.1 in float64: cast {cast:.14f}, Constant {constant:.14f}")
sys.exit(0 if cast != 0.1 or constant != 0.1 else 1)
