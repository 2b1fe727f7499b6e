"""TensorFlow's gradient of sqrt is 0 where it is 0 times infinity on the CPU, and NaN under XLA: a test on a CPU hides the NaN."""

import sys

import numpy as np
import tensorflow as tf


def gradient(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.where(x > 0, tf.sqrt(x), 0.0)
    return tape.gradient(y, x)


x = tf.constant([0.0])
plain, compiled = float(gradient(x)[0]), float(tf.function(gradient, jit_compile=True)(x)[0])
print(f"gradient of where(x > 0, sqrt(x), 0) at 0: {plain:.1f}, compiled by XLA {compiled:.1f}")
sys.exit(0 if np.isnan(plain) != np.isnan(compiled) else 1)
