r"""NumPy's random numbers and reshapings beside Keras': what is new and what changes in place.

| NumPy | changes the array itself | here | changes the tensor itself |
|---|---|---|---|
| `a.reshape(s)` | no, shares memory | `ops.reshape(x, s)` | no, copies |
| `a.resize(s)` | yes | none: a tensor keeps its shape | |
| `a.ravel()` | no, shares memory | `ops.ravel(x)` | no, copies |
| `a.flatten()` | no, copies | `ops.reshape(x, (-1,))` | no, copies |
| `random.shuffle(a)` | yes, rows | `keras.random.shuffle(x)` | no |

Shapes: `numpy_draws`: (rows, columns) unless the name says otherwise. `changed_in_place`: x (n, d).

Differs from PyTorch:
    Nothing shares memory with the tensor it was made of, and nothing changes a tensor. `torch.Tensor.flatten` shares where NumPy's copies.
    Choosing without replacement: shuffle and cut on both sides; PyTorch also has `torch.multinomial`, here it is the n largest of Gumbel-perturbed weights.

Source: the notes, "np.random中的方法" and "数组变形".
"""

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def numpy_draws(rows: int, columns: int, seed: int) -> dict[str, Tensor | bool]:
    """The notes' calls. A seeded NumPy generator gives both frameworks the same numbers, which is how to feed them alike."""
    r = np.random.RandomState(seed)
    x = r.randint(10, 20, 10)
    normal = r.normal(0, 1, size=(rows, columns))
    shuffled = np.arange(rows)
    r.shuffle(shuffled)
    return {
        "randint": tf.constant(x),
        "randint_in_bounds": bool(np.all((x >= 10) & (x < 20))),
        "choice": tf.constant(r.choice(x, size=(2, 2), replace=False)),
        "normal": tf.constant(normal),
        "wide_normal": tf.constant(r.normal(0, 10, size=(3, 2))),
        "randn": tf.constant(r.randn(rows, columns)),
        "many_randn": tf.constant(r.randn(100, 2, 3)),
        "shuffled": tf.constant(shuffled),
        "dot": tf.constant(np.dot(normal, normal.T)),
    }


def changed_in_place(x: Float[Tensor, "n d"]) -> dict[str, bool]:
    """Each is done to a fresh copy, and the copy is looked at."""
    array = np.array(x)
    rows, columns = array.shape

    def fresh() -> np.ndarray:
        return array.copy()

    reshaped, resized, order = fresh(), fresh(), np.arange(1000)
    reshaped.reshape(columns, rows)
    resized.resize((columns, rows), refcheck=False)
    np.random.RandomState(0).shuffle(order)
    a, variable, permuted = fresh(), tf.Variable(x), ops.arange(1000)
    ravelled, flattened = ops.ravel(variable), ops.reshape(variable, (-1,))
    variable.assign_add(tf.ones_like(variable))
    keras.random.shuffle(permuted)
    return {
        "numpy_reshape_changes": reshaped.shape != array.shape,
        "numpy_resize_changes": resized.shape != array.shape,
        "numpy_shuffle_changes": not np.array_equal(order, np.arange(1000)),
        "numpy_reshape_shares": np.shares_memory(a, a.reshape(-1)),
        "numpy_ravel_shares": np.shares_memory(a, a.ravel()),
        "numpy_flatten_shares": np.shares_memory(a, a.flatten()),
        "resize_changes": not attempt("assign", lambda: variable.assign(tf.reshape(variable, (columns, rows))))["assign_raised"],
        "shuffle_changes": not np.array_equal(permuted, np.arange(1000)),
        "ravel_shares": np.array_equal(ravelled, np.ravel(variable)),
        "flatten_shares": np.array_equal(flattened, np.ravel(variable)),
    }


def without_replacement(n: int, count: int, seed: int) -> dict[str, bool | str | int | None]:
    """Some of n numbers, none twice; and more than there are."""
    generator = keras.random.SeedGenerator(seed)
    chosen = np.array(keras.random.shuffle(ops.arange(n), seed=generator)[:count]).tolist()
    gumbel = -ops.log(-ops.log(keras.random.uniform((n,), seed=generator)))  # added to the logarithms of the weights, here all alike
    weighted = np.array(ops.top_k(gumbel, count)[1]).tolist()
    return {
        "distinct": len(set(chosen)) == len(set(weighted)) == count,
        "in_bounds": all(0 <= index < n for index in (*chosen, *weighted)),
        **attempt("numpy_too_many", lambda: np.random.RandomState(seed).choice(n, n + 1, replace=False)),
        "too_many_gives": int(keras.random.shuffle(ops.arange(n))[: n + 1].shape[0]),
    }
