"""`keras.layers.AlphaDropout(1.0)`, which its check of arguments allows, divides by zero."""

import sys

import keras
import numpy as np

try:
    outputs = np.asarray(keras.layers.AlphaDropout(1.0)(np.ones((2, 3), "float32"), training=True))
    raised, wrong = None, not np.isfinite(outputs).all()
except ZeroDivisionError as error:
    raised, wrong = error, True
except ValueError:  # refused with its reason: mended
    raised, wrong = None, False
print(f"AlphaDropout(1.0) in training raises {type(raised).__name__}" if raised else f"AlphaDropout(1.0) is finite: {not wrong}")
sys.exit(0 if wrong else 1)
