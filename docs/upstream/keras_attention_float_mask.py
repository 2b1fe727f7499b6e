"""`keras.layers.MultiHeadAttention` reads a mask of floats as booleans: a mask to be added to the scores works the wrong way round."""

import sys

import keras
import numpy as np

layer = keras.layers.MultiHeadAttention(num_heads=1, key_dim=4)
x = np.random.default_rng(0).normal(0, 1, (1, 3, 8)).astype("float32")
mask = np.array([[[0.0, -np.inf, 0.0]] * 3], "float32")  # added to the scores it blocks the second key
_, weights = layer(x, x, attention_mask=mask, return_attention_scores=True)
weights = np.asarray(weights)[0, 0, 0]
print(f"weights of three keys under the mask [0, -inf, 0]: {weights.round(2).tolist()}")
sys.exit(0 if weights[1] > 0.5 else 1)
