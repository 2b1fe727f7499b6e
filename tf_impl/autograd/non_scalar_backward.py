r"""`tape.gradient` of a tensor that is no scalar: the gradient of its sum, without a word.

Shapes: x, z and vector the same, any.

Differs from PyTorch:
    PyTorch raises; TensorFlow differentiates the sum. A loss left unreduced trains here as under `reduction="sum"`: n times the gradient of the mean.

Source: the notes, "求梯度", `demo_3`.
"""

import tensorflow as tf
from jaxtyping import Float

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def non_scalar_backward(x: Float[Tensor, "*shape"], vector: Float[Tensor, "*shape"]) -> dict[str, Tensor | bool | str | None]:
    """z = 3(x + 2)², and the three ways to a gradient that PyTorch has too."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        z = 3 * (x + 2) ** 2
        z_sum, z_mean = tf.reduce_sum(z), tf.reduce_mean(z)
    told = attempt("without_vector", lambda: tape.gradient(z, x))
    told["without_vector_gives_a_gradient"] = tape.gradient(z, x) is not None
    return {
        "gradient_of_sum": tape.gradient(z_sum, x),
        "gradient_of_mean": tape.gradient(z_mean, x),
        "gradient_with_vector": tape.gradient(z, x, output_gradients=vector),
        **told,
    }
