"""`tf.nn.conv2d` of an empty batch returns the input's shape, whatever kernel, stride and padding say."""

import sys

import tensorflow as tf

outputs = tf.nn.conv2d(tf.zeros((0, 8, 8, 3)), tf.zeros((3, 3, 3, 16)), strides=1, padding="VALID")
print(f"convolving (0, 8, 8, 3) with (3, 3, 3, 16) gives {tuple(outputs.shape)}, right is (0, 6, 6, 16)")
sys.exit(0 if tuple(outputs.shape) != (0, 6, 6, 16) else 1)
