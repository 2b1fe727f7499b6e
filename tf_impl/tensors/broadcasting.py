r"""Shapes that differ: compared from the last axis back, each pair must be equal, or one of them 1 or absent.

Shapes: `broadcast`: x and y any two that fit. The gradient of a stretched axis is summed over it.

Differs from PyTorch:
    The rule is the same. In place, `keras.Variable.assign_add` stretches as PyTorch's `add_` does; `tf.Variable.assign_add` refuses all but equal shapes.

Source: the notes, "广播机制".
"""

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def broadcast(x: Num[Tensor, "..."], y: Num[Tensor, "..."]) -> dict[str, Tensor]:
    """Sum, product and the larger, each of the common shape."""
    return {"sum": x + y, "product": x * y, "larger": ops.maximum(x, y)}


def expanded(x: Float[Tensor, "..."], shape: tuple[int, ...]) -> dict[str, Tensor]:
    """The stretching alone."""
    return {"expanded": ops.broadcast_to(x, shape)}


def refused(x: Float[Tensor, "..."], y: Float[Tensor, "..."]) -> dict[str, bool | str | None]:
    """Axes that are neither equal nor 1."""
    return attempt("sum", lambda: x + y) | attempt("larger", lambda: ops.maximum(x, y))


def stretched_in_place(x: Float[Tensor, "..."], y: Float[Tensor, "..."]) -> dict[str, Tensor | bool | str | None]:
    """y may be stretched to x, x never to y: a variable keeps its shape."""
    target = keras.Variable(x)
    target.assign_add(y)
    return {"target": target, **attempt("stretch_the_target", lambda: keras.Variable(y).assign_add(x))}
