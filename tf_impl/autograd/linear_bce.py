r"""A linear map and the cross-entropy of its logits: the gradients of w and b.

$$ z = x^\top W + b, \qquad L = \frac1m \sum_j \left[\log(1 + e^{z_j}) - y_j z_j\right], \qquad
\frac{\partial L}{\partial b} = \frac{\sigma(z) - y}{m}, \qquad \frac{\partial L}{\partial W} = x \left(\frac{\partial L}{\partial b}\right)^{\!\top} $$

Shapes: x (n,), y (m,), w (n, m), b (m,); loss ().

Differs from PyTorch:
    Keras' losses take (target, output); PyTorch's take (output, target).
    `from_logits` is False by default: logits would be read as probabilities.
    `tf.matmul` refuses vectors; `keras.ops.matmul` takes them as `torch.matmul` does.

Source: the notes, "1.5 Autograd".
"""

import keras
import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor


def linear_bce(x: Float[Tensor, " n"], y: Float[Tensor, " m"], w: Float[Tensor, "n m"], b: Float[Tensor, " m"]) -> dict[str, Tensor | bool]:
    """One forward and one backward pass."""
    w, b = tf.Variable(w), tf.Variable(b)  # watched by every tape that sees them
    with tf.GradientTape() as tape:
        z = keras.ops.matmul(x, w) + b
        loss = keras.losses.BinaryCrossentropy(from_logits=True)(y, z)
    w_gradient, b_gradient = tape.gradient(loss, [w, b])
    return {
        "z": z,
        "loss": loss,
        "w_gradient": w_gradient,
        "b_gradient": b_gradient,
        "outer_product": keras.ops.outer(x, b_gradient),
        "w_gradient_rows_are_b_gradient": bool(tf.reduce_all(w_gradient == b_gradient)),
    }
