r"""Who sees a write: NumPy arrays, tensors and variables.

Every fact is found by writing into one and looking at the other.

Shapes: x any float tensor of two axes; it only gives dtype and values.

Differs from PyTorch:
    A tensor never changes: it is copied from an array, and copied into one. Only a `tf.Variable` can be written into, and whatever is made from it
    (reshape, slice, transpose) is a snapshot. Code that relies on a view (`y = x[:, 0]; y[1] = 5`) does nothing here: assign to the variable.
    Alike: `copy.copy` shares, `copy.deepcopy` does not.

Source: the notes, "桥接Numpy" (ones(5), then 2 on both sides), "create tensor", "改变形状", "clone 和 copy".
"""

import copy
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def numpy_to_tensor(x: Float[Tensor, "n d"]) -> dict[str, Tensor | np.ndarray | bool]:
    """An array becomes a tensor, then the array is written into."""
    a = x.numpy().copy()
    b = tf.convert_to_tensor(a)
    np.add(a, 1, out=a)

    def shares(make: Callable[[np.ndarray], Tensor]) -> bool:
        array = a.copy()
        tensor = make(array)
        before = np.array(tensor)
        array += 1
        return not np.array_equal(tensor, before)

    return {
        "a": a,
        "b": b,
        "tensor_shares": shares(tf.constant),
        "class_shares": shares(tf.Variable),
        "from_numpy_shares": shares(tf.convert_to_tensor),
        "as_tensor_shares": shares(keras.ops.convert_to_tensor),
        "other_dtype_shares": shares(lambda array: tf.cast(array, tf.float16)),
        "list_shares": shares(lambda array: tf.constant(array.tolist())),
    }


def tensor_to_numpy(x: Float[Tensor, "n d"]) -> dict[str, Tensor | np.ndarray | bool]:
    """A variable becomes an array, then the variable is written into; and the other way round."""
    a = tf.Variable(x)
    b = a.numpy()
    a.assign_add(tf.ones_like(a))

    c = tf.constant(x)
    d = c.numpy()
    d[...] = 9
    return {
        "a": a,
        "b": b,
        "array_sees_tensor": bool(np.all(b == a.numpy())),
        "tensor_sees_array": bool(tf.reduce_all(c == 9)),
        "array_is_writable": d.flags.writeable,
    }


def views(x: Float[Tensor, "n d"]) -> dict[str, bool | str | None]:
    """A tensor is made from a variable, then the variable is written into."""

    def shares(make: Callable[[tf.Variable], Tensor]) -> bool:
        base = tf.Variable(x)
        made = make(base)
        before = np.array(made)
        base.assign_add(tf.ones_like(base))
        return not np.array_equal(made, before)

    return {
        "view_shares": shares(lambda v: tf.reshape(v, [-1])),
        "reshape_shares": shares(lambda v: tf.reshape(v, [-1])),
        "transpose_shares": shares(tf.transpose),
        "slice_shares": shares(lambda v: v[:, 0]),
        "split_shares": shares(lambda v: tf.split(v, v.shape[0], axis=0)[0]),
        "unsqueeze_shares": shares(lambda v: tf.expand_dims(v, 0)),
        "expand_shares": shares(lambda v: tf.broadcast_to(v, (2, *v.shape))),
        "detach_shares": shares(tf.stop_gradient),
        "copy_shares": shares(copy.copy),
        "clone_shares": shares(tf.identity),
        "deepcopy_shares": shares(copy.deepcopy),
        "index_list_shares": shares(lambda v: tf.gather(v, [0])),
        "reshape_of_transpose_shares": shares(lambda v: tf.reshape(tf.transpose(v), [-1])),
        **attempt("view_of_transpose", lambda: tf.reshape(tf.transpose(x), [-1])),
    }
