"""`keras.ops.add` on TensorFlow adds a column to a square matrix as if it were a row."""

import sys

import keras
import numpy as np

matrix, column = np.zeros((3, 3), "float32"), np.array([[1.0], [2.0], [3.0]], "float32")
added = np.asarray(keras.ops.add(matrix, column))
a, b = keras.Input((3, 3)), keras.Input((3, 1))
summed = keras.Model([a, b], a + b)([matrix[None], column[None]])  # also with a batch of one
try:
    keras.ops.add(np.zeros((0, 3)), np.zeros((0, 3)))
    empty = "no error"
except Exception as error:
    empty = type(error).__name__
first, in_model = added[0].tolist(), np.asarray(summed)[0, 0].tolist()
print(f"zeros (3, 3) and a column 1, 2, 3: first row {first}, in a model {in_model}, right is [1.0, 1.0, 1.0]; (0, 3) and (0, 3): {empty}")
sys.exit(0 if not np.array_equal(added, matrix + column) else 1)
