"""TensorFlow's maximum pooling and `argmax` skip NaN on the CPU."""

import sys

import tensorflow as tf

x = tf.constant([1.0, float("nan"), 3.0])
pooled = float(tf.nn.max_pool1d(tf.reshape(x, (1, 3, 1)), 3, 1, "VALID")[0, 0, 0])
best = int(tf.argmax(x))
print(f"of [1, nan, 3]: max_pool {pooled:.1f}, argmax {best}, reduce_max {float(tf.reduce_max(x)):.1f}; NumPy and PyTorch: nan, 1, nan")
sys.exit(0 if pooled == 3.0 or best == 2 else 1)
