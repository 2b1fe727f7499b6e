r"""Gradient descent by hand, $w \leftarrow w - \eta\, g$ by `assign_sub`, against the optimizer.

Shapes: x (n, d), y (n,), w (d,); the loss is the mean of the squared errors of x w.

Differs from PyTorch:
    No `no_grad` and no zeroing: the tape has ended, and its gradients are new ones. `assign_sub` inside a tape is allowed (and not differentiated),
    where PyTorch refuses to change a leaf that requires gradients. On both sides `w = w - lr * g` makes a plain tensor that is no parameter any more.

Source: the notes, "training pipeline" (w = 0, y = 2x) and "weight = weight - learning_rate * gradient".
"""

import keras
import tensorflow as tf
from jaxtyping import Float

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def manual_update(w: Float[Tensor, " d"], x: Float[Tensor, "n d"], y: Float[Tensor, " n"], lr: float, steps: int) -> dict[str, Tensor | bool | str | None]:
    """Both from the same start; also what happens when the update is tracked, or binds the name to a new tensor."""
    by_hand, by_optimizer = tf.Variable(w), keras.Variable(w)
    optimizer = keras.optimizers.SGD(learning_rate=lr)
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = keras.losses.mean_squared_error(y, keras.ops.matmul(x, by_hand))
        losses.append(loss)
        gradient = tape.gradient(loss, by_hand)
        by_hand.assign_sub(lr * gradient)  # in place: by_hand stays the variable that tapes watch

        with tf.GradientTape() as tape:
            loss = keras.losses.mean_squared_error(y, keras.ops.matmul(x, by_optimizer))
        optimizer.apply([tape.gradient(loss, by_optimizer.value)], [by_optimizer])

    def tracked_update() -> None:
        with tf.GradientTape():
            by_hand.assign_sub(tf.zeros_like(by_hand))

    return {
        "losses": tf.stack(losses),
        "by_hand": by_hand,
        "by_optimizer": by_optimizer,
        "new_tensor_is_parameter": isinstance(by_hand - lr * gradient, tf.Variable),
        **attempt("tracked_update", tracked_update),
    }
