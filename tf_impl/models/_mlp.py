"""The perceptron of a transformer's block."""

import keras

from tf_impl.activations.gelu import GELU
from tf_impl.initializers.xavier import XavierUniform
from tf_impl.layers.container import Sequential
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.linear import Linear


def mlp(dim: int, hidden: int, dropout: float, **start) -> Sequential:
    """dim – hidden – dim with a GELU between: torchvision's `MLP`, whose weights are "0" and "3"; `start` has other initializers than ViT's."""
    start = start or {"kernel_initializer": XavierUniform(), "bias_initializer": keras.initializers.RandomNormal(stddev=1e-6)}
    return Sequential(Linear(dim, hidden, **start), GELU(), Dropout(dropout), Linear(hidden, dim, **start), Dropout(dropout))
