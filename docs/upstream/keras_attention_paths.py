"""`keras.layers.MultiHeadAttention` gives a query without any key the mean of all values, or zeros once the scores are asked for too."""

import sys

import keras
import numpy as np

keras.utils.set_random_seed(0)
layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=4)
x = np.random.default_rng(0).normal(0, 1, (1, 3, 8)).astype("float32")
mask = np.array([[[True, True, True], [True, True, True], [False, False, False]]])
alone = np.asarray(layer(x, x, attention_mask=mask))
with_scores = np.asarray(layer(x, x, attention_mask=mask, return_attention_scores=True)[0])
difference = np.abs(alone - with_scores).max(axis=(0, 2))
print(f"the same call with and without scores: a row with a key is {difference[0]:.2f} apart, a row without {difference[2]:.2f}")
sys.exit(0 if difference[2] > 0.01 else 1)
