r"""Products with the Jacobian, without building it: vᵀJ backwards, Jt forwards.

$$ f(x) = \tanh(Wx), \qquad J = \operatorname{diag}(1 - f(x)^2)\,W $$

Shapes: x and tangent (d,), w (m, d), vector (m,); f and Jt (m,), vᵀJ (d,).

Differs from PyTorch:
    `output_gradients` is the argument of `backward(v)` and of `torch.func.vjp`'s function; `ForwardAccumulator` is `torch.func.jvp`.

Source: the notes, "1.5 Autograd", optional reading: `out.backward(v)`.
"""

import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor


def vector_jacobian(x: Float[Tensor, " d"], w: Float[Tensor, "m d"], vector: Float[Tensor, " m"], tangent: Float[Tensor, " d"]) -> dict[str, Tensor]:
    """A tape with `output_gradients`, twice, and a forward accumulator."""

    def f(x: Tensor) -> Tensor:
        return tf.tanh(tf.linalg.matvec(w, x))

    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = f(x)
        weighted = tf.reduce_sum(vector * y)  # the same product as the gradient of a scalar
    with tf.autodiff.ForwardAccumulator(x, tangent) as accumulator:
        pushed = accumulator.jvp(f(x))
    return {"y": y, "backward": tape.gradient(y, x, output_gradients=vector), "pulled": tape.gradient(weighted, x), "forward": pushed}
