"""`tf.nn.leaky_relu` rounds its slope to float32 in float64."""

import sys

import numpy as np
import tensorflow as tf

outputs = tf.nn.leaky_relu(tf.constant([-1.0], tf.float64), alpha=0.01).numpy()
error = abs(float(outputs[0]) + 0.01) / 0.01
print(f"leaky_relu(-1, 0.01) in float64 is {outputs[0]:.12f}: {error:.0e} off")
sys.exit(0 if error > np.finfo(np.float64).eps * 4 else 1)
