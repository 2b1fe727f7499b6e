"""The twins of `reference.recorded`."""

from dataclasses import dataclass
from typing import Any

import keras
from keras import ops


def given(x, *others, scale=None):
    return {
        "shape": list(x.shape),
        "dtype": keras.backend.standardize_dtype(x.dtype),
        "others": [None if other is None else [tuple(part.shape) for part in other] for other in others],
        "scale": x * scale if scale is not None else None,
    }


@dataclass
class Named:
    sum: Any
    parts: tuple


def nested(x):
    return {"first": x, "rest": Named(ops.sum(x), (x + 1.0, None, [x - 1.0]))}


def ignores_second(x, y):
    return 2.0 * x


class Loss:
    def __init__(self, power: float = 2.0) -> None:
        self.power = power

    def __call__(self, input, target):
        return ops.abs(input - target) ** self.power


class Weighted(keras.layers.Layer):
    def __init__(self, activation=None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.activation = activation
        self.weight = self.add_weight(shape=(3,), name="weight")
        self.kernel = self.add_weight(shape=(4, 3), name="kernel")
        self.bias = self.add_weight(shape=(4,), name="bias")
        self.running_mean = self.add_weight(shape=(3,), name="running_mean", trainable=False)
        self.running_var = self.add_weight(shape=(3,), name="running_var", trainable=False)
        self.num_batches_tracked = self.add_weight(shape=(), name="num_batches_tracked", dtype="int64", trainable=False)
        self.built = True

    def call(self, x, training=None):
        if training:
            self.num_batches_tracked.assign_add(1)
        x = (x - self.running_mean) / ops.sqrt(self.running_var) * self.weight
        x = ops.matmul(x, ops.transpose(self.kernel)) + self.bias
        return x if self.activation is None else self.activation(x)
