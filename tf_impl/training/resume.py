"""A checkpoint every N steps, whole or absent, and a run that goes on from it to the very numbers it would have had.

What has to be kept: weights and buffers, the optimizer's state, the step; the order of the examples and the dropout masks follow from seed and step.

Shapes: x (N, features), y (N, 1); `losses` one number a step.

Differs from PyTorch:
    `model.save_weights` leaves the optimizer behind, and `load_weights` into a compiled model too: a run resumed with new Adam moments takes other steps.
    `keras.callbacks.BackupAndRestore` keeps both and goes on at the epoch, or at the step with `save_freq`; `tf.train.Checkpoint` keeps what it is given.
    Here every variable is kept by its path in one safetensors file, which is data only, whereas PyTorch's is a pickle that is read with `weights_only=True`.

Source: the notes, "linear model": a long run may crash and lose its results, better keep them on disk; Keras' guide "Writing a training loop from scratch".
"""

import os
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float
from keras import ops
from safetensors.numpy import load_file, save_file

from tf_impl.activations.tanh import Tanh
from tf_impl.layers.batch_norm import BatchNorm1d
from tf_impl.layers.container import Sequential
from tf_impl.layers.linear import Linear
from tf_impl.losses.mse import MSELoss
from tf_impl.optimizers.adam import Adam
from tf_impl.typing import Tensor

_FILE = "checkpoint.safetensors"


def train(x: Float[Tensor, "n f"], y: Float[Tensor, "n 1"], steps: int, every: int, folder: str, until: int | None = None) -> dict[str, Tensor | int]:
    """Trains up to `steps`, from the folder's checkpoint if there is one, and writes one every `every` steps. `until` ends earlier, without writing."""
    from tf_impl.saving._seeded import fill

    net, mse = Sequential(Linear(x.shape[1], 8), BatchNorm1d(8), Tanh(), Linear(8, 1)), MSELoss()
    net(x)
    fill(net)
    optimizer = Adam(lr=2.0**-6)
    optimizer.build(net.trainable_variables)
    kept = dict(enumerate([*net.variables, *optimizer.variables]))
    path, begun, losses = Path(folder) / _FILE, 0, []
    if path.is_file():
        found = load_file(path)
        for i, variable in kept.items():
            variable.assign(found[str(i)])
        begun = int(found["step"][0])
    for step in range(begun, steps if until is None else until):
        chosen = np.random.default_rng(step).permutation(len(x))[: len(x) // 2]  # from the step alone: nothing to keep
        with tf.GradientTape() as tape:
            loss = mse(net(tf.gather(x, chosen), training=True), tf.gather(y, chosen))
        optimizer.apply(tape.gradient(loss, [v.value for v in net.trainable_variables]), net.trainable_variables)
        losses.append(loss)
        if (step + 1) % every == 0:
            state = {str(i): np.array(keras.ops.convert_to_numpy(variable.value[...]), order="C") for i, variable in kept.items()}
            _write({**state, "step": np.array([step + 1])}, path)
    return {"losses": ops.stack(losses) if losses else ops.zeros((0,)), "weight": ops.transpose(net[0].kernel), "begun": begun}


def _write(state: dict, path: Path) -> None:
    """Beside it first, then renamed: whoever reads finds the old one or the new one, never a half."""
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    save_file(state, beside)
    beside.replace(path)


def stop_and_go(x: Float[Tensor, "n f"], y: Float[Tensor, "n 1"], steps: int, every: int, stopped: int) -> dict[str, Tensor | int | bool]:
    """A run in one go, and one that ends after `stopped` steps and goes on from its last checkpoint."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        straight = train(x, y, steps, every, one)
        train(x, y, steps, every, two, until=stopped)
        resumed = train(x, y, steps, every, two)
    same = np.array_equal(straight["losses"][resumed["begun"] :], resumed["losses"]) and np.array_equal(straight["weight"], resumed["weight"])
    return {"losses": straight["losses"], "weight": straight["weight"], "went_on_from": resumed["begun"], "same_to_the_bit": bool(same)}
