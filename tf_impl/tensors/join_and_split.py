r"""Joining tensors along an axis they have or a new one, and taking them apart.

| NumPy | here | 2 × (2, 3) gives |
|---|---|---|
| `append` | `ops.append` | (12,) |
| `concatenate`, `vstack` | `ops.concatenate` along 0, of two axes at least | (4, 3) |
| `hstack` | `ops.hstack` | (2, 6) |
| `stack` | `ops.stack` | (2, 2, 3) |
| `dstack` | `ops.concatenate` along the third axis, made if need be | (2, 3, 2) |

Shapes: `join`: x and y alike. `split`: the first axis in pieces.

Differs from PyTorch:
    `split(x, 3)` makes 3 pieces (PyTorch: pieces of 3) and refuses what does not divide; a tuple holds the places, PyTorch's the sizes.
    `repeat` repeats each element (PyTorch's `repeat_interleave`); PyTorch's `repeat` is `tile`. There is no `chunk`.
    `ops.vstack` of vectors of 3 gives (6,) on Keras' TensorFlow backend, (2, 3) on its others and in NumPy (3.15.1): give them two axes first.
    `ops.dstack` is younger (3.14) than the Keras this project starts from; `ops.concatenate` does the same.

Source: the notes, "合并数组".
"""

from jaxtyping import Float, Num
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def join(x: Num[Tensor, "*shape"], y: Num[Tensor, "*shape"]) -> dict[str, Tensor]:
    """The notes' table."""
    return {
        "append": ops.append(x, y),
        "cat_first": ops.concatenate((x, y), axis=0),
        "cat_last": ops.concatenate((x, y), axis=-1),
        "stack_first": ops.stack((x, y)),
        "stack_last": ops.stack((x, y), axis=-1),
        "vstack": ops.concatenate((_two_axes(x), _two_axes(y)), axis=0),
        "hstack": ops.hstack((x, y)),
        "dstack": ops.concatenate((_three_axes(x), _three_axes(y)), axis=2),
    }


def split(x: Float[Tensor, "n ..."]) -> dict[str, list[Tensor]]:
    """In halves, in chunks of which the last is smaller, at places, in pieces of given sizes."""
    n = x.shape[0]
    size = -(-n // 4)
    return {
        "vsplit": ops.split(x, 2),
        "chunk": ops.split(x, list(range(size, n, size))),
        "at_places": ops.split(x, (1, 3)),
        "by_sizes": ops.split(x, (1, n - 2)),  # where each piece but the first begins
    }


def uneven(x: Float[Tensor, "..."], y: Float[Tensor, "..."]) -> dict[str, bool | str | None]:
    """Shapes that do not fit."""
    return attempt("cat", lambda: ops.concatenate((x, y), axis=0)) | attempt("stack", lambda: ops.stack((x, y)))


def sizes(x: Num[Tensor, " n"], number: int) -> dict[str, list[int]]:
    """The same word and the same number: this many pieces, not pieces of this size; each element repeated, not the whole."""
    pair = ops.arange(2)
    return {
        "split": [int(piece.shape[0]) for piece in ops.split(x, number)],
        "split_by_size": [int(piece.shape[0]) for piece in ops.split(x, list(range(number, x.shape[0], number)))],
        "split_by_number": [int(piece.shape[0]) for piece in ops.split(x, number)],
        "repeat": ops.convert_to_numpy(ops.repeat(pair, number)).tolist(),
        "whole_repeated": ops.convert_to_numpy(ops.tile(pair, number)).tolist(),
        "elements_repeated": ops.convert_to_numpy(ops.repeat(pair, number)).tolist(),
    }


def _two_axes(x: Tensor) -> Tensor:
    """(n,) → (1, n)."""
    return x[None] if len(x.shape) == 1 else x


def _three_axes(x: Tensor) -> Tensor:
    """(n,) → (1, n, 1), (n, d) → (n, d, 1)."""
    x = _two_axes(x)
    return x[..., None] if len(x.shape) == 2 else x
