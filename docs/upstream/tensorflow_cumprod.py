"""The gradient of `tf.math.cumprod` is wrong behind a zero."""

import sys

import tensorflow as tf

x = tf.constant([1.0, 0.0, 3.0])
with tf.GradientTape() as tape:
    tape.watch(x)
    total = tf.reduce_sum(tf.math.cumprod(x))  # x0 + x0 x1 + x0 x1 x2
gradient = tape.gradient(total, x).numpy().tolist()
print(f"gradient of the sum of cumprod([1, 0, 3]): {gradient}, right is [1.0, 4.0, 0.0]")
sys.exit(0 if gradient != [1.0, 4.0, 0.0] else 1)
