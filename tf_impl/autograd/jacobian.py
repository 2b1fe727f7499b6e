r"""The whole Jacobian: row by row backwards, column by column forwards, and one for each sample of a batch.

$$ f(x) = \tanh(Wx), \qquad J_{ij} = \frac{\partial f_i}{\partial x_j} = (1 - f_i^2)\,W_{ij} $$

Shapes: x (d,), xs (n, d), w (m, d); J (m, d), a batch of them (n, m, d).

Differs from PyTorch:
    `tape.jacobian` is `torch.func.jacrev`, `tape.batch_jacobian` its `vmap`; there is no `jacfwd`: one forward accumulator a column.
    PyTorch's take a function, the tape's what was computed under it.

Source: the notes, "1.5 Autograd", optional reading.
"""

import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor


def jacobian(x: Float[Tensor, " d"], xs: Float[Tensor, "n d"], w: Float[Tensor, "m d"]) -> dict[str, Tensor]:
    """`tape.jacobian`, a forward accumulator for each input, `tape.batch_jacobian`. Backwards is cheap for few outputs, forwards for few inputs."""

    def f(x: Tensor) -> Tensor:
        return tf.tanh(tf.linalg.matvec(w, x))

    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, w])
        y = f(x)
    with tf.GradientTape() as batch_tape:
        batch_tape.watch(xs)
        ys = f(xs)
    return {
        "backward": tape.jacobian(y, x),
        "forward": tf.stack([_column(f, x, direction) for direction in tf.eye(len(x), dtype=x.dtype)], axis=1),
        "by_parameter": tape.jacobian(y, w),
        "per_sample": batch_tape.batch_jacobian(ys, xs),
    }


def _column(f, x: Tensor, direction: Tensor) -> Tensor:
    with tf.autodiff.ForwardAccumulator(x, direction) as accumulator:
        return accumulator.jvp(f(x))
