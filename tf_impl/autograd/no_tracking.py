r"""Computing without recording: outside a tape, `tape.stop_recording`, `tf.stop_gradient`, frozen variables.

Shapes: x (n, d) or (d,), w (d, m), b (m,).

Differs from PyTorch:
    Nothing is recorded unless a tape is open, so inference needs no `no_grad`. "Tracked" is asked of a tape: is there a gradient, or None?
    `detach()` shares its values with the original, `tf.stop_gradient` gives a tensor that nobody can write into.
    Alike: `eval()` / `training=False` changes what layers compute, not whether gradients are recorded.

Source: the notes, "Disabling Gradient Tracking" (True, False, False), `torch.set_grad_enabled(phase == 'train')`, "eval ... 仍然会进行前向传播计算梯度".
"""

import contextlib

import keras
import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor


def no_tracking(x: Float[Tensor, "*n d"], w: Float[Tensor, "d m"], b: Float[Tensor, " m"]) -> dict[str, Tensor | bool]:
    """The ways not to track, each with what it computed, and `training=False`, which is none of them."""
    w, b = tf.Variable(w), tf.Variable(b)
    frozen = tf.Variable(w, trainable=False)
    with tf.GradientTape(persistent=True) as tape:
        z = keras.ops.matmul(x, w) + b
        with tape.stop_recording():
            z_no_grad = keras.ops.matmul(x, w) + b
        z_detached = tf.stop_gradient(z)
        z_frozen = keras.ops.matmul(x, frozen)
        dropped = keras.layers.Dropout(0.5)(keras.ops.matmul(x, w), training=False)
    z_inference = keras.ops.matmul(x, w) + b  # outside every tape
    return {
        "z": z,
        "z_no_grad": z_no_grad,
        "z_inference": z_inference,
        "tracked": tape.gradient(z, w) is not None,
        "no_grad_tracked": tape.gradient(z_no_grad, w) is not None,
        "detached_tracked": tape.gradient(z_detached, w) is not None,
        "inference_tracked": tape.gradient(z_inference, w) is not None,
        "frozen_tracked": tape.gradient(z_frozen, frozen) is not None,
        "eval_tracked": tape.gradient(dropped, w) is not None,
    }


def phases(x: Float[Tensor, "*n d"], w: Float[Tensor, "d m"], phase: str) -> dict[str, Tensor | bool | None]:
    """The notes' pipeline: one forward pass for both phases, recorded only in training."""
    w = tf.Variable(w)
    tape = tf.GradientTape() if phase == "train" else contextlib.nullcontext()
    with tape:
        loss = tf.reduce_mean(tf.tanh(keras.ops.matmul(x, w)))
    gradient = tape.gradient(loss, w) if phase == "train" else None
    return {"loss": loss, "tracked": gradient is not None, "gradient": gradient}


def detached_factor(x: Float[Tensor, "..."]) -> dict[str, Tensor]:
    """x · stop_gradient(x): the value of x², the gradient of x times a constant."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * tf.stop_gradient(x)
    return {"y": y, "gradient": tape.gradient(y, x)}
