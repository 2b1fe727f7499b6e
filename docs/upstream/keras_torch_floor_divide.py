"""On the torch backend `keras.ops.floor_divide` of int64 answers int32, and large quotients wrap."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

quotient = keras.ops.floor_divide(np.array([2**40]), np.array([3]))
print(f"2^40 // 3 is {int(quotient[0])} ({keras.backend.standardize_dtype(quotient.dtype)}), right is {2**40 // 3}")
sys.exit(0 if int(quotient[0]) != 2**40 // 3 else 1)
