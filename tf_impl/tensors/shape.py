r"""Changing the shape: which axes, in which order; always a copy.

| PyTorch | here |
|---|---|
| `x.view(-1)`, `x.reshape(r, c)` | `ops.reshape(x, (-1,))`, one tuple |
| `x.unsqueeze(d)`, `x.squeeze(d)` | `ops.expand_dims(x, d)`, `ops.squeeze(x, d)` |
| `x.transpose(a, b)`, `x.permute(...)` | `ops.swapaxes(x, a, b)`, `ops.transpose(x, (...))` |
| `x.clone()` | `ops.copy(x)`, rarely needed |
| `x.numel()`, `x.size()`, `x.item()` | `ops.size(x)`, `ops.shape(x)`, `float(x)` |

Shapes: `reshaped`: x (n, m, k). `reshape_shares`: x (12,).

Differs from PyTorch:
    `ops.transpose(x)` without axes reverses them all; `x.transpose(a, b)` exchanges two: (2, 3, 4) becomes (4, 3, 2), not (2, 4, 3).
    A write never shows in another tensor: a reshaped variable is a copy of it.
    `ops.squeeze` refuses an axis that is not of size 1, `Tensor.squeeze` leaves it as it is.

Source: the notes, "改变形状", "数据操作" (reshape and view), "Tensor不熟悉的操作", "运算" (`x.view(-1, 8)`).
"""

import tensorflow as tf
from jaxtyping import Float
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def reshaped(x: Float[Tensor, "n m k"]) -> dict[str, Tensor]:
    """Every way; the gradient comes back in x's own shape."""
    n, m, _ = x.shape
    return {
        "flat": ops.reshape(x, (-1,)),
        "reshape": ops.reshape(x, (m, n, -1)),
        "flatten": ops.reshape(x, (n, -1)),
        "unsqueeze": ops.expand_dims(x, 1),
        "unsqueeze_last": ops.expand_dims(x, -1),
        "squeeze": ops.squeeze(x[:1], 0),
        "transpose": ops.swapaxes(x, 1, 2),
        "permute": ops.transpose(x, (2, 0, 1)),
        "moveaxis": ops.moveaxis(x, 0, -1),
        "matrix_transpose": ops.transpose(x[0]),
        "permute_then_reshape": ops.reshape(ops.transpose(x), (-1,)),
    }


def described(x: Float[Tensor, "..."]) -> dict[str, list[int] | int]:
    """What a tensor says of itself, x of 16 numbers (the notes' randn(4, 4))."""
    return {
        "numel": int(ops.size(x)),
        "ndim": ops.ndim(x),
        "size": list(ops.shape(x)),
        "shape": list(x.shape),
        "view_16": list(ops.reshape(x, (16,)).shape),
        "view_minus_1_8": list(ops.reshape(x, (-1, 8)).shape),
    }


def items(x: Float[Tensor, " n"]) -> dict[str, float | bool | str | None]:
    """One number out of a tensor, and out of one that has several."""
    return {
        "item": float(x[0]),
        "item_is_python": type(float(x[0])) is float,
        "nested_lists": ops.convert_to_numpy(x).tolist(),
        **attempt("item_of_several", lambda: ops.convert_to_numpy(x).item()),
        **attempt("float_of_several", lambda: float(x)),
    }


def misfits(x: Float[Tensor, " n"]) -> dict[str, bool | str | None]:
    """Shapes that do not fit; two sizes left open; an axis that is not of size 1."""
    n = int(ops.size(x))
    return {
        **attempt("wrong_size", lambda: ops.reshape(x, (n + 1,))),
        **attempt("two_open", lambda: ops.reshape(x, (-1, -1))),
        **attempt("not_divisible", lambda: ops.reshape(x, (-1, n + 1))),
        **attempt("squeeze_of_two", lambda: ops.squeeze(ops.reshape(x, (1, n)), 1)),
    }


def default_order(x: Float[Tensor, "n m k"]) -> dict[str, list[int]]:
    """x (n, m, k): without arguments, and with two axes."""
    return {"reversed": list(ops.transpose(x).shape), "two_axes": list(ops.swapaxes(x, 1, 2).shape), "transposed": list(ops.transpose(x).shape)}


def reshape_shares(x: Float[Tensor, " n"]) -> dict[str, Tensor]:
    """The notes' writes, to variables: each is a copy, so none of them reaches the tensor it was made of."""
    a = tf.Variable(x)
    b = tf.Variable(tf.reshape(a, (3, 4)))
    b.assign(tf.fill((3, 4), tf.cast(12, b.dtype)))
    data = tf.Variable(tf.reshape(x, (4, 3)))
    c = tf.Variable(tf.reshape(data, (3, -1)))
    c[0].assign(tf.fill(c[0].shape, tf.cast(100, c.dtype)))
    kept = tf.Variable(x)
    copy = tf.Variable(tf.reshape(kept, (4, 3)))
    copy.assign(tf.fill((4, 3), tf.cast(7, copy.dtype)))
    return {"after_write_through_reshape": a, "after_write_through_view": data, "after_write_to_clone": kept}
