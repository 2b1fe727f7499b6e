"""Training and evaluation mode, and whether gradients are tracked: two switches that have nothing to do with each other.

Shapes: x (N, 3), N images of features; the net is Linear – BatchNorm1d – Dropout.

Differs from PyTorch:
    The mode is an argument of each call, `model(x, training=True)`, and evaluation without it; PyTorch's is a state of the model, and training at first.
    A ported loop that calls `model(x)` trains without dropout and without moving statistics, silently.
    Gradients are tracked where a tape records, PyTorch's unless `no_grad`: `set_grad_enabled(phase == "train")` becomes a tape that is opened or not.

Source: the notes, "model mode"; Keras' documentation of `Layer.__call__`.
"""

import contextlib

import numpy as np
import tensorflow as tf
from jaxtyping import Float
from keras import ops

from tf_impl.layers.batch_norm import BatchNorm1d
from tf_impl.layers.container import Sequential
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.linear import Linear
from tf_impl.typing import Tensor


def observe_modes(x: Float[Tensor, "n 3"]) -> dict[str, Tensor | bool]:
    """What each mode does, found by doing it."""
    norm = BatchNorm1d(4)
    linear = Linear(3, 4)
    net = Sequential(linear, norm, Dropout(0.5))
    linear.kernel.assign(ops.transpose(ops.reshape(ops.arange(12, dtype=x.dtype), (4, 3)) / 8 - 0.75))
    linear.bias.assign(ops.full((4,), 0.25))
    told: dict[str, Tensor | bool] = {"starts_in_training": bool(np.any(net(tf.ones((64, 3), x.dtype)) == 0))}

    before = norm.moving_mean.numpy()
    told["evaluation_before"] = net(x, training=False)
    told["evaluation_repeats"] = bool(np.array_equal(net(x, training=False), net(x, training=False)))
    told["statistics_move_in_evaluation"] = not np.array_equal(norm.moving_mean, before)

    told["training_drops"] = bool(np.any(net(tf.tile(x, (8, 1)), training=True) == 0))
    norm.moving_mean.assign(ops.zeros((4,)))
    norm.moving_variance.assign(ops.ones((4,)))
    net(x, training=True)
    told["statistics_move_in_training"] = not np.array_equal(norm.moving_mean, before)
    told["running_mean"], told["running_variance"] = tf.identity(norm.moving_mean.value), tf.identity(norm.moving_variance.value)

    told["evaluation_after"] = net(x, training=False)
    with tf.GradientTape() as tape:
        outputs = net(x, training=False)
    told["evaluation_tracks_gradients"] = tape.gradient(outputs, linear.kernel.value) is not None
    with tf.GradientTape() as tape, tape.stop_recording():
        outputs = net(x, training=False)
    told["no_grad_tracks_gradients"] = tape.gradient(outputs, linear.kernel.value) is not None
    before = norm.moving_mean.numpy()
    net(x, training=True)  # no tape is open
    told["statistics_move_without_gradients"] = not np.array_equal(norm.moving_mean, before)
    for phase in ("train", "validate"):
        tape = tf.GradientTape()
        with tape if phase == "train" else contextlib.nullcontext():
            outputs = net(x, training=phase == "train")
        told[f"{phase}_has_gradients"] = phase == "train" and tape.gradient(outputs, linear.kernel.value) is not None
    return told
