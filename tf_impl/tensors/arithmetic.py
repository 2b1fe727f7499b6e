r"""Sums, products, and which of them write in place.

| | |
|---|---|
| `x + y`, `tf.add(x, y)`, `x += y` | a new tensor |
| `v.assign_add(y)` | written into the variable v: the same object; tensors read from it before keep their values |
| `tf.matmul(a, b, transpose_b=True)` | rows of a times rows of b |

Shapes: `arithmetic`: x and y (n, d), b (m, d); products (n, m). `in_place`: x and y alike.

Differs from PyTorch:
    `x += y` on a tensor binds x to a new one (PyTorch writes into x, and everything that shares its memory). On a `tf.Variable` it raises;
    on a `keras.Variable` it quietly turns the name into a tensor.
    There is no `out=`: assign the result to a variable. `@` refuses a vector unless it goes through `keras.ops.matmul`.
    A variable may be written to while a tape is open: the tape has kept what it needs, so the gradient is that of the value read, and nothing raises.

Source: the notes, "算术&矩阵运算", "数据操作" (`id(X)`) and "运算".
"""

import tensorflow as tf
from jaxtyping import Float, Num
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def arithmetic(x: Float[Tensor, "n d"], y: Float[Tensor, "n d"], b: Float[Tensor, "m d"]) -> dict[str, Tensor]:
    """New tensors."""
    return {
        "plus": x + y,
        "add": ops.add(x, y),
        "add_scaled": x + 2.5 * y,
        "minus": x - y,
        "times": x * y,
        "over": x / y,
        "matmul_transposed": ops.matmul(x, ops.transpose(b)),
        "at": x @ ops.transpose(b),
        "vector": ops.matmul(x, b[0]),
        "dot": ops.dot(x[0], y[0]),
    }


def in_place(x: Num[Tensor, "..."], y: Num[Tensor, "..."]) -> dict[str, Tensor | bool | str | None]:
    """The notes' id(X), before and after: is it the same object, and does another name for it change too?"""
    result = tf.Variable(tf.zeros_like(x))
    result.assign(x + y)

    target = tf.Variable(x)
    other_name, before = target, id(target)
    target.assign_add(y)
    told = {
        "added_in_place": target,
        "out": result,
        "add__keeps_object": id(target) == before,
        "other_name_changes": bool(tf.reduce_all(other_name == x + y)),
    }

    target = tf.identity(x)
    before = id(target)
    target = target + y
    told["plus_keeps_object"] = id(target) == before

    target = tf.identity(x)
    before = id(target)
    target += y
    told["plus_equals_keeps_object"] = id(target) == before
    variable = tf.Variable(x)
    return told | attempt("variable_plus_equals", lambda: variable.__iadd__(y))


def overwritten(x: Float[Tensor, "..."]) -> dict[str, Tensor | bool | str | None]:
    """Writing into a variable whose value the gradient still needs."""
    variable = tf.Variable(x)
    with tf.GradientTape(persistent=True) as tape:
        z = tf.exp(variable) + 1
        variable.assign_add(tf.ones_like(variable))
    return {"gradient": tape.gradient(z, variable), **attempt("backward_after_write", lambda: tape.gradient(z, variable))}
