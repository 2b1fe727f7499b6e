"""Keras' learning rate schedules compute in float32 in a float64 model too, where the end of a cosine has no digits left."""

import math
import sys

import keras

keras.config.set_floatx("float64")
schedule = keras.optimizers.schedules.CosineDecay(0.1, 1000)
rate = schedule(990)
right = 0.05 * (1 + math.cos(math.pi * 0.99))
off = abs(float(rate) / right - 1)
print(f"under floatx float64 the rate 10 steps before the end of a cosine is {keras.backend.standardize_dtype(rate.dtype)}, {off:.0e} of it off")
keras.config.set_floatx("float32")
sys.exit(0 if off > 1e-9 else 1)
