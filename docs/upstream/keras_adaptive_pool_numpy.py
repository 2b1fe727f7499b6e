"""`keras.ops.adaptive_average_pool` fails on a NumPy array, which every other operation takes."""

import sys

import keras
import numpy as np

x = np.ones((1, 5, 4, 3), "float32")
try:
    keras.ops.adaptive_average_pool(x, output_size=2)
    raised = None
except AttributeError as error:
    raised = error
print(f"adaptive_average_pool of a NumPy array raises {type(raised).__name__}: {raised}")
sys.exit(0 if raised is not None else 1)
