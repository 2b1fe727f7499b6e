"""`keras.ops.gelu` rounds sqrt(2) to float32 in float64."""

import math
import sys

import keras
import numpy as np

x = np.linspace(-3, 3, 61)
exact = np.array([0.5 * t * (1 + math.erf(t / math.sqrt(2))) for t in x])
error = float(np.abs(np.asarray(keras.ops.gelu(keras.ops.convert_to_tensor(x), approximate=False)) - exact).max())
print(f"exact gelu in float64: {error:.0e} off")
sys.exit(0 if error > 1e-12 else 1)
