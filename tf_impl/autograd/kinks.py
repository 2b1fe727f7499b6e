r"""Gradients where there is none: kinks, ties, zeros. Which subgradient does TensorFlow take, and how to get PyTorch's?

Shapes: `at_points`: x (n,), each gradient (n,). `ties`: x and y (n, d). `zeros`: x (n, d), y (n, d). `products`: x (n, d).

Differs from PyTorch (first PyTorch's, then TensorFlow's gradient; the functions ending in `_as_torch` remove each):
    selu(0): 1.7581, 1.0507. hardtanh(±1): 0, 1. Roundings: zeros, None (an optimizer then warns and skips).
    hard_sigmoid's slope 1/6 is rounded to float32 in float64 models: 5e-9 off, everywhere.
    max along an axis with ties: all to the first, split evenly. maximum(x, y) with x = y: ½ and ½, 1 and 0; minimum alike.
    A norm, or the standard deviation of equal numbers, at 0: 0, NaN. xlogy(0, 0): NaN, 0. atan2(0, 0): 0, NaN.
    cumprod of [1, 0, 3]: [1, 4, 0], [1, 0, 0] (tensorflow#119430, mended after 2.21).
    On TensorFlow's CPU the gradient of where(x > 0, sqrt(x), 0) at 0 is 0; in PyTorch, on GPUs and under XLA it is NaN: choose a safe input first.

Source: measured on both sides; the notes name the dead half of ReLU.
"""

from collections.abc import Callable

import keras
import tensorflow as tf
from jaxtyping import Float

from tf_impl.typing import Tensor

_POINTWISE: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": keras.activations.relu,
    "leaky_relu": lambda x: keras.activations.leaky_relu(x, 0.125),
    "relu6": keras.activations.relu6,
    "elu": keras.activations.elu,
    "selu": keras.activations.selu,
    "hardtanh": keras.activations.hard_tanh,
    "hardsigmoid": keras.activations.hard_sigmoid,
    "hardswish": keras.activations.hard_silu,
    "softshrink": keras.activations.soft_shrink,
    "abs": tf.abs,
    "square": tf.square,
    "clamp": lambda x: tf.clip_by_value(x, -1, 1),
}
_STEPS: dict[str, Callable[[Tensor], Tensor]] = {"sign": tf.sign, "round": tf.round, "floor": tf.floor}


def at_points(x: Float[Tensor, " n"]) -> dict[str, Tensor | list[float] | None]:
    """Activations at their corners; functions of steps, whose gradient is zero where it is not missing."""
    steps = {name: _gradient(f, x) for name, f in _STEPS.items()}
    return {name: _gradient(f, x) for name, f in _POINTWISE.items()} | {name: None if g is None else g.numpy().tolist() for name, g in steps.items()}


def at_points_as_torch(x: Float[Tensor, " n"]) -> dict[str, Tensor | list[float]]:
    """selu takes the negative side at 0, hardtanh the flat side at ±1; a missing gradient is asked for as zeros."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772

    def selu(x: Tensor) -> Tensor:
        return scale * tf.where(x > 0, x, alpha * tf.math.expm1(tf.minimum(x, 0)))

    def hardtanh(x: Tensor) -> Tensor:
        return tf.where(tf.abs(x) < 1, x, tf.sign(x))

    return {
        "selu": _gradient(selu, x),
        "hardtanh": _gradient(hardtanh, x),
        "round": _gradient(tf.round, x, unconnected="zero").numpy().tolist(),
        "floor": _gradient(tf.floor, x, unconnected="zero").numpy().tolist(),
    }


def ties(x: Float[Tensor, "n d"], y: Float[Tensor, "n d"]) -> dict[str, Tensor]:
    """Largest values that occur twice: in a whole tensor, along an axis, between two tensors."""
    return {
        "max": _gradient(tf.reduce_max, x),
        "amax": _gradient(lambda x: tf.reduce_max(x, axis=-1), x),
        "max_dim": _gradient(lambda x: tf.reduce_max(x, axis=-1), x),
        "maximum": _gradient(lambda x: tf.maximum(x, y), x),
        "maximum_other": _gradient(lambda y: tf.maximum(x, y), y),
        "minimum": _gradient(lambda x: tf.minimum(x, y), x),
        "sort": _gradient(lambda x: tf.sort(x, axis=-1)[..., 0], x),
        "max_pool": _gradient(lambda x: tf.nn.max_pool1d(x[..., None], 2, 1, "VALID"), x),
    }


def ties_as_torch(x: Float[Tensor, "n d"], y: Float[Tensor, "n d"]) -> dict[str, Tensor]:
    """Pick the first largest by its index; share out by hand where two tensors tie."""

    def max_dim(x: Tensor) -> Tensor:
        return tf.gather(x, tf.argmax(x, axis=-1), batch_dims=1)

    def maximum(x: Tensor, y: Tensor) -> Tensor:
        return tf.where(x == y, (x + y) / 2, tf.maximum(x, y))

    def minimum(x: Tensor, y: Tensor) -> Tensor:
        return tf.where(x == y, (x + y) / 2, tf.minimum(x, y))

    return {
        "max_dim": _gradient(max_dim, x),
        "maximum": _gradient(lambda x: maximum(x, y), x),
        "maximum_other": _gradient(lambda y: maximum(x, y), y),
        "minimum": _gradient(lambda x: minimum(x, y), x),
    }


def zeros(x: Float[Tensor, "n d"], y: Float[Tensor, "n d"]) -> dict[str, Tensor]:
    """Roots, norms, logarithms and angles at zero. `where` does not hide a NaN; choosing a safe input first does."""
    return {
        "sqrt": _gradient(tf.sqrt, x),
        "power_half": _gradient(lambda x: x**0.5, x),
        "norm": _gradient(lambda x: tf.norm(x, axis=-1), x),
        "root_of_squares": _gradient(lambda x: tf.sqrt(tf.reduce_sum(x**2, axis=-1)), x),
        "std": _gradient(lambda x: tf.math.reduce_std(x, axis=-1), x),
        "xlogy": _gradient(lambda x: tf.math.xlogy(x, x), x),
        "atan2": _gradient(lambda x: tf.atan2(y, x), x),
        "where_log": _gradient(lambda x: tf.where(x > 0, tf.math.log(x), 0), x),
        "where_log_of_safe": _gradient(lambda x: tf.where(x > 0, tf.math.log(tf.where(x > 0, x, 1)), 0), x),
    }


def zeros_as_torch(x: Float[Tensor, "n d"], y: Float[Tensor, "n d"]) -> dict[str, Tensor]:
    """Take the root of a safe number where there is nothing to take it of; x log x as a product keeps PyTorch's NaN."""

    def root(squares: Tensor) -> Tensor:
        safe = tf.where(squares > 0, squares, 1)
        return tf.where(squares > 0, tf.sqrt(safe), 0)

    def atan2(y: Tensor, x: Tensor) -> Tensor:
        origin = (x == 0) & (y == 0)
        return tf.where(origin, 0, tf.atan2(y, tf.where(origin, 1, x)))

    return {
        "norm": _gradient(lambda x: root(tf.reduce_sum(x**2, axis=-1)), x),
        "std": _gradient(lambda x: root(tf.math.reduce_variance(x, axis=-1)), x),
        "xlogy": _gradient(lambda x: x * tf.math.log(x), x),
        "atan2": _gradient(lambda x: atan2(y, x), x),
    }


def products(x: Float[Tensor, "n d"]) -> dict[str, Tensor]:
    """Products with a factor of zero, which no division can take out again."""
    return {
        "prod": _gradient(lambda x: tf.reduce_prod(x, axis=-1), x),
        "cumprod": _gradient(lambda x: tf.math.cumprod(x, axis=-1), x),
    }


def products_as_torch(x: Float[Tensor, "n d"]) -> dict[str, Tensor]:
    """The cumulated product, factor by factor."""

    def cumprod(x: Tensor) -> Tensor:
        rows = [x[..., 0]]
        for factor in tf.unstack(x, axis=-1)[1:]:
            rows.append(rows[-1] * factor)
        return tf.stack(rows, axis=-1)

    return {"cumprod": _gradient(cumprod, x)}


def _gradient(function: Callable[[Tensor], Tensor], x: Tensor, unconnected: str = "none") -> Tensor | None:
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = tf.reduce_sum(function(x))
    return tape.gradient(out, x, unconnected_gradients=unconnected)
