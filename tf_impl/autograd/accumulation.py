r"""Gradients are new at every call; adding them up is written out.

$$ \text{out} = (x + 1)^2, \qquad \mathbf 1^\top J = 2(x + 1) $$

Shapes: `accumulation`: x and its gradients the same, any. `micro_batches`: x (n, d), y (n,), w (d,), n divisible by `parts`.

Differs from PyTorch:
    PyTorch adds every gradient to `x.grad`: a second call without zeroing gives twice the value. `tape.gradient` gives the same value each time.
    A loop ported from PyTorch needs no `zero_grad`; a loop ported to PyTorch that lacks it trains on the sum of all gradients so far.

Source: the notes, "1.5 Autograd", optional reading.
"""

import keras
import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor


def accumulation(x: Float[Tensor, "..."]) -> dict[str, Tensor | bool]:
    """The notes' three calls on eye(5): 4/2, then 8/4, after zeroing 4/2. The variable `total` does what `.grad` does."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        out = (x + 1) ** 2
    total = tf.Variable(tf.zeros_like(x))
    total.assign_add(tape.gradient(out, x, output_gradients=tf.ones_like(x)))
    first = tf.identity(total)
    again = tape.gradient(out, x, output_gradients=tf.ones_like(x))
    total.assign_add(again)
    second = tf.identity(total)
    total.assign(tf.zeros_like(total))
    total.assign_add(tape.gradient(out, x, output_gradients=tf.ones_like(x)))
    return {"first": first, "second": second, "after_zeroing": total, "adds_up_by_itself": bool(tf.reduce_all(again == 2 * first))}


def micro_batches(w: Float[Tensor, " d"], x: Float[Tensor, "n d"], y: Float[Tensor, " n"], parts: int) -> dict[str, Tensor]:
    """What accumulation is for: the gradient of a batch that does not fit, part by part. Each part's mean is divided by the number of parts."""
    w = tf.Variable(w)
    with tf.GradientTape() as tape:
        loss = keras.losses.mean_squared_error(y, keras.ops.matmul(x, w))
    whole = tape.gradient(loss, w)
    total = tf.Variable(tf.zeros_like(w))
    for x_part, y_part in zip(tf.split(x, parts), tf.split(y, parts), strict=True):
        with tf.GradientTape() as tape:
            loss = keras.losses.mean_squared_error(y_part, keras.ops.matmul(x_part, w)) / parts
        total.assign_add(tape.gradient(loss, w))
    return {"whole_batch": whole, "accumulated": total}
