r"""Taking parts of a tensor, and making tensors with other parts.

| PyTorch | here | takes |
|---|---|---|
| `x[1]`, `x[:, 0]`, `x[1:4:2]` | the same | a copy |
| `index_select(x, dim, index)` | `ops.take(x, index, axis)`, `tf.gather` | whole rows or columns |
| `gather(x, dim, index)` | `ops.take_along_axis(x, index, axis)` | out[i, j] = x[i, index[i, j]] |
| `masked_select(x, mask)` | `x[mask]`, `tf.boolean_mask` | a vector |
| `nonzero(x)` | `tf.where(x)`, or `ops.nonzero` stacked | one row of indices for each nonzero element |

Shapes: x (n, d), rows (k,), columns (n, m) with m indices below d in each row.

Differs from PyTorch:
    `tf.gather` is `index_select`, not `torch.gather`. A negative step reverses (PyTorch refuses it).
    A tensor takes no assignment: `x[1, 0] = 5` raises, and a slice is a copy; a `tf.Variable` is assigned to by `x[1, 0].assign(5)`.
    `ops.scatter` adds the updates of a row named twice, `ops.scatter_update` keeps one of them, as `x[rows] = updates` does in PyTorch.
    An index that is not there raises on the CPU; `tf.gather` gives zeros for it on a GPU (its documentation), the last row under XLA.
    `ops.take` counts −1 from the end, `tf.gather` and `torch.index_select` refuse it.

Source: the notes, "索引" and "索引高级函数".
"""

import tensorflow as tf
from jaxtyping import Float, Int
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def select(x: Float[Tensor, "n d"], rows: Int[Tensor, " k"], columns: Int[Tensor, "n m"]) -> dict[str, Tensor]:
    """Every way to take. The gradient of an element taken twice is the sum of both."""
    return {
        "row": x[1],
        "column": x[:, 0],
        "last": x[-1],
        "steps": x[1::2],
        "reversed": ops.flip(x, axis=0),
        "new_axis": x[:, None],
        "index_select_rows": ops.take(x, rows, axis=0),
        "index_select_columns": ops.take(x, columns[0], axis=1),
        "gather": ops.take_along_axis(x, columns, axis=1),
        "masked_select": x[x > 0],
        "masked_fill": ops.where(x > 0, -1.0, x),
    }


def nonzero(x: Float[Tensor, "n d"]) -> dict[str, Tensor]:
    """NumPy's form, one vector an axis; stacked they are PyTorch's (count, axes)."""
    first, second = ops.nonzero(x)
    return {"indices": ops.stack((first, second), axis=-1), "first_axis": first, "second_axis": second}


def add_rows(x: Float[Tensor, "n d"], rows: Int[Tensor, " k"], updates: Float[Tensor, "k d"]) -> dict[str, Tensor]:
    """A row named twice gets both updates: `ops.scatter` adds. It starts from zeros."""
    from_zero = ops.scatter(rows[:, None], updates, x.shape)
    return {"index_add": x + from_zero, "from_zero": from_zero}


def set_rows(x: Float[Tensor, "n d"], rows: Int[Tensor, " k"], updates: Float[Tensor, "k d"]) -> dict[str, Tensor]:
    """Each row named once: replaced, and added to."""
    at = rows[:, None]
    return {"index_copy": ops.scatter_update(x, at, updates), "added": ops.scatter_update(x, at, ops.take(x, rows, axis=0) + updates)}


def write_through(x: Float[Tensor, "n d"]) -> dict[str, Tensor | bool]:
    """The notes' y = x[:, 0]; y[1] = 5, with the write going to the variable, because y is a copy."""
    x = tf.Variable(x)
    y = x[:, 0]
    x[1, 0].assign(5)
    chosen = tf.Variable(tf.gather(x, [0]))
    chosen[0, 0].assign(7)
    return {"after_write": x, "slice": y, "slice_write_seen": bool(y[1] == 5), "list_write_seen": bool(x[0, 0] == 7)}


def out_of_range(x: Float[Tensor, "n d"]) -> dict[str, bool | str | None]:
    """What each way to take says to an index that is not there. On the CPU: a GPU raises nothing."""
    n = len(x)
    with tf.device("cpu:0"):
        x = tf.identity(x)
        return {
            **attempt("element", lambda: x[n]),
            **attempt("slice", lambda: x[1 : n + 9]),
            **attempt("select", lambda: tf.gather(x, [n])),
            **attempt("select_negative", lambda: tf.gather(x, [-1])),
            **attempt("element_negative", lambda: x[-1]),
            **attempt("negative_step", lambda: x[::-1]),
        }
