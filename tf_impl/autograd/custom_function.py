r"""A function with a hand-written gradient: `tf.custom_gradient`, and `tf.test.compute_gradient`, which tests it by finite differences.

$$ \operatorname{log1pexp}(x) = \log(1 + e^x), \qquad \frac{d}{dx} = 1 - \frac{1}{1 + e^x} $$

Derived by the chain rule the gradient is $\frac{1}{1+e^x}\,e^x$: ∞/∞ = NaN where $e^x$ overflows. Written by hand it is 1.

Shapes: x any, results the same.

Differs from PyTorch:
    One function that returns the value and the gradient's function, instead of a class with two; what the gradient needs is simply still in scope (no `ctx`).
    PyTorch's `gradcheck` raises; `compute_gradient` returns both Jacobians, to be compared by the caller.
    `keras.ops.custom_gradient` does the same on every backend.

Source: the notes, "1.5 Autograd": Function defines the forward and the backward pass. The straight-through estimator: Bengio et al. 2013, arXiv:1308.3432.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor


@tf.custom_gradient
def _log1pexp(x: Tensor) -> tuple[Tensor, Callable]:
    e = tf.exp(x)

    def backward(upstream: Tensor) -> Tensor:
        return upstream * (1 - 1 / (1 + e))

    return tf.math.log(1 + e), backward


@tf.custom_gradient
def _straight_through(x: Tensor) -> tuple[Tensor, Callable]:
    return tf.round(x), lambda upstream: upstream  # as if nothing had been rounded


@tf.custom_gradient
def _wrong(x: Tensor) -> tuple[Tensor, Callable]:
    e = tf.exp(x)
    return tf.math.log(1 + e), lambda upstream: upstream * (1 - 1 / (1 + 2 * e))


def custom_function(x: Float[Tensor, "..."]) -> dict[str, Tensor]:
    """Value and gradient, by hand and by the chain rule."""
    value, gradient = _with_gradient(_log1pexp, x)
    _, chain_rule = _with_gradient(lambda x: tf.math.log(1 + tf.exp(x)), x)
    return {"value": value, "gradient": gradient, "chain_rule_gradient": chain_rule}


def straight_through(x: Float[Tensor, "..."]) -> dict[str, Tensor]:
    """Rounding, whose own gradient is None, with the gradient of the identity."""
    value, gradient = _with_gradient(_straight_through, x)
    return {"value": value, "gradient": gradient}


def gradient_check(x: Float[Tensor, "..."]) -> dict[str, bool]:
    """Finite differences in float64 against a right and a wrong gradient."""
    return {"right_gradient_passes": _agrees(_log1pexp, x), "wrong_gradient_passes": _agrees(_wrong, x)}


def _agrees(function: Callable, x: Tensor) -> bool:
    by_tape, by_differences = tf.test.compute_gradient(function, [tf.cast(x, tf.float64)], delta=1e-6)
    return np.allclose(by_tape, by_differences, rtol=1e-3, atol=1e-5)  # gradcheck's tolerances


def _with_gradient(function: Callable, x: Tensor) -> tuple[Tensor, Tensor]:
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = function(x)
    return value, tape.gradient(value, x)
