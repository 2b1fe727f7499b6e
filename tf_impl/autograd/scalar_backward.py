r"""The gradient of a scalar: `tape.gradient(out, x)`.

$$ \text{out} = \frac{1}{n} \sum_i f\,(x_i + 2)^2, \qquad \frac{\partial\,\text{out}}{\partial x_i} = \frac{2f}{n}(x_i + 2) $$

Shapes: x any, its gradient the same; out ().

Differs from PyTorch:
    Only what runs inside the tape's `with` is recorded; PyTorch records wherever a tensor requires gradients.
    The gradient is returned; nothing is stored in x. The values and gradients are equal, to the last bit in float64.

Source: the notes, "autograd", "自动求导" (27 and 4.5) and "求梯度" (20).
"""

import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor


def mean_of_squares(x: Float[Tensor, "..."], factor: float, reduction: str = "mean") -> dict[str, Tensor]:
    """The notes' first graph. `reduction="sum"` is their `demo_2`."""
    with tf.GradientTape() as tape:
        tape.watch(x)  # a tf.Variable would be watched by itself
        y = x + 2
        z = y * y * factor
        out = tf.reduce_mean(z) if reduction == "mean" else tf.reduce_sum(z)
    return {"y": y, "z": z, "out": out, "gradient": tape.gradient(out, x)}


def square(x: Float[Tensor, ""], seed: float = 1.0) -> dict[str, Tensor]:
    """y = 2x² at one number. `output_gradients` is the argument of PyTorch's `backward`; another seed scales the gradient."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x * 2
    return {"y": y, "gradient": tape.gradient(y, x, output_gradients=tf.fill(y.shape, tf.cast(seed, y.dtype)))}
