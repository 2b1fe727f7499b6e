"""`keras.ops.vstack` of vectors is one long vector on TensorFlow, not the matrix of NumPy and of the other backends."""

import sys

import keras
import numpy as np

rows = [np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])]
shape = tuple(keras.ops.vstack(rows).shape)
print(f"vstack of two vectors of 3 has shape {shape}, right is {np.vstack(rows).shape}")
sys.exit(0 if shape != (2, 3) else 1)
