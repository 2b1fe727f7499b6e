"""On the torch backend `keras.ops.segment_sum` adds float64 in float32."""

import os
import sys

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

total = keras.ops.segment_sum(np.float64([0.1, 0.2]), np.array([0, 0]), num_segments=1)
print(f"0.1 + 0.2 is {float(total[0]):.12f} ({keras.backend.standardize_dtype(total.dtype)})")
sys.exit(0 if abs(float(total[0]) - 0.3) > 1e-12 else 1)
