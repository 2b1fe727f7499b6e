"""Keras' Adam squares the gradient of a repeated embedding row before it sums it: a token three times in a batch has a third of its second moment."""

import sys

import keras
import numpy as np
import tensorflow as tf

table = keras.Variable(np.ones((2, 1), "float32"))
optimizer = keras.optimizers.Adam()
optimizer.build([table])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.gather(table.value, [0, 0, 0, 1]))  # the gradient of row 0 is 3, of row 1 it is 1
optimizer.apply([tape.gradient(loss, table.value)], [table])
velocity = optimizer._velocities[0].numpy()[:, 0] / (1 - optimizer.beta_2)
print(f"squared gradient of a row looked up three times: {velocity[0]:.3f}, right is 9; of a row looked up once: {velocity[1]:.3f}, right is 1")
sys.exit(0 if abs(velocity[0] - 9) > 1 else 1)
