r"""Second derivatives by nested tapes: the Hessian, its product with a vector, and a loss that contains a gradient.

$$ f(x) = \sum_i 100\,(x_{i+1} - x_i^2)^2 + (1 - x_i)^2, \qquad H_{ij} = \frac{\partial^2 f}{\partial x_i\,\partial x_j} $$

Shapes: `hessian`: x and vector (d,), H (d, d). `gradient_penalty`: x (n, d), w (d, m).

Differs from PyTorch:
    `create_graph=True` is an outer tape around the inner tape's `gradient` call. Taken after the outer tape has ended, the gradient is a constant,
    as it is in PyTorch without `create_graph`: on both sides the penalty then trains nothing, and nobody says so.

Source: Rosenbrock 1960, doi:10.1093/comjnl/3.3.175; the penalty: Gulrajani et al. 2017, arXiv:1704.00028.
"""

import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor


def hessian(x: Float[Tensor, " d"], vector: Float[Tensor, " d"]) -> dict[str, Tensor]:
    """The Jacobian of a gradient; Hv by a forward accumulator over a tape."""

    def f(x: Tensor) -> Tensor:
        return tf.reduce_sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as inner:
            inner.watch(x)
            value = f(x)
        gradient = inner.gradient(value, x)
    with tf.autodiff.ForwardAccumulator(x, vector) as accumulator:
        with tf.GradientTape() as tape:
            tape.watch(x)
            again = f(x)
        product = accumulator.jvp(tape.gradient(again, x))
    return {"value": value, "gradient": gradient, "hessian": outer.jacobian(gradient, x), "hessian_vector": product}


def gradient_penalty(x: Float[Tensor, "n d"], w: Float[Tensor, "d m"]) -> dict[str, Tensor | bool]:
    """(‖∂score/∂x‖ − 1)² and its gradient for w. The inner gradient has to be taken inside the outer tape."""
    with tf.GradientTape(persistent=True) as outer:
        outer.watch(w)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(x)
            score = tf.reduce_sum(tf.tanh(tf.matmul(x, w)))
        slope = inner.gradient(score, x)
        penalty = tf.reduce_mean((tf.norm(slope, axis=-1) - 1) ** 2)
    constant = inner.gradient(score, x)  # too late: the outer tape has ended
    return {
        "slope": slope,
        "penalty": penalty,
        "w_gradient": outer.gradient(penalty, w),
        "differentiable_with_create_graph": outer.gradient(slope, w) is not None,
        "differentiable_without": outer.gradient(constant, w) is not None,
    }
