"""Keras clips the gradient of an embedding by the norm of its parts, not of their sum."""

import sys

import keras
import numpy as np
import tensorflow as tf

table = keras.Variable(np.zeros((2, 1), "float32"))
optimizer = keras.optimizers.SGD(1.0, clipnorm=1.0)
optimizer.build([table])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.gather(table.value, [0, 0, 0, 0]))  # the gradient is (4, 0), its norm 4
optimizer.apply([tape.gradient(loss, table.value)], [table])
moved = float(np.linalg.norm(table.numpy()))
print(f"a step clipped to norm 1 has norm {moved:.3f}")
sys.exit(0 if abs(moved - 1) > 1e-3 else 1)
