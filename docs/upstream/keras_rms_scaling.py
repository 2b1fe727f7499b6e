"""`keras.layers.LayerNormalization(rms_scaling=True)` divides by the standard deviation, not by the root mean square."""

import sys

import keras
import numpy as np

x = np.random.default_rng(0).normal(2, 1, (4, 8)).astype("float32")
try:
    actual = np.asarray(keras.layers.LayerNormalization(rms_scaling=True, epsilon=0.0)(x))
except Exception:  # the argument is deprecated: gone is mended
    print("LayerNormalization(rms_scaling=True) is no more")
    sys.exit(1)
expected = x / np.sqrt((x**2).mean(-1, keepdims=True))
print(f"of a mean of 2: {np.abs(actual - expected).max():.2f} off")
sys.exit(0 if np.abs(actual - expected).max() > 0.01 else 1)
