"""`keras.layers.MultiHeadAttention` rounds its scale 1/sqrt(key_dim) to float32 in a float64 model."""

import sys

import keras
import numpy as np

layer = keras.layers.MultiHeadAttention(num_heads=1, key_dim=12, use_bias=False, dtype="float64")
x = np.random.default_rng(0).normal(0, 1, (1, 5, 12))
_, actual = layer(x, x, return_attention_scores=True)
query, key = (x[0] @ projection.kernel.numpy()[:, 0] for projection in (layer._query_dense, layer._key_dense))
exact = np.exp(query @ key.T / np.sqrt(12))
exact /= exact.sum(-1, keepdims=True)
error = float(np.abs(np.asarray(actual)[0, 0] - exact).max())
print(f"attention weights in float64: {error:.0e} off")
sys.exit(0 if error > 1e-13 else 1)
