r"""Joining tensors along an axis they have or a new one, and taking them apart.

| NumPy | here | 2 × (2, 3) gives |
|---|---|---|
| `append` | cat of the flattened | (12,) |
| `concatenate`, `vstack` | cat along 0 | (4, 3) |
| `hstack` | cat along 1 (along 0 for vectors) | (2, 6) |
| `stack` | a new axis | (2, 2, 3) |
| `dstack` | cat along the third axis, made if need be | (2, 3, 2) |

Shapes: `join`: x and y alike. `split`: the first axis in pieces.

>>> import torch
>>> x, y = torch.arange(4).view(2, 2), torch.arange(4, 8).view(2, 2)
>>> join(x, y)["hstack"]
tensor([[0, 1, 4, 5],
        [2, 3, 6, 7]])
>>> sizes(torch.arange(12), 3)["split"]
[3, 3, 3, 3]

Source: the notes, "合并数组".
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def join(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The notes' table."""
    return {
        "append": torch.cat((x.flatten(), y.flatten())),
        "cat_first": torch.cat((x, y), dim=0),
        "cat_last": torch.cat((x, y), dim=-1),
        "stack_first": torch.stack((x, y)),
        "stack_last": torch.stack((x, y), dim=-1),
        "vstack": torch.vstack((x, y)),
        "hstack": torch.hstack((x, y)),
        "dstack": torch.dstack((x, y)),
    }


def split(x: Tensor) -> dict[str, tuple[Tensor, ...]]:
    """In halves, in chunks of which the last is smaller, at places, in pieces of given sizes."""
    n = len(x)
    return {
        "vsplit": torch.vsplit(x, 2),
        "chunk": torch.chunk(x, 4),
        "at_places": torch.tensor_split(x, (1, 3)),
        "by_sizes": torch.split(x, [1, n - 3, 2]),
    }


def uneven(x: Tensor, y: Tensor) -> dict[str, bool | str | None]:
    """Shapes that do not fit."""
    return attempt("cat", lambda: torch.cat((x, y), dim=0)) | attempt("stack", lambda: torch.stack((x, y)))


def sizes(x: Tensor, number: int) -> dict[str, list[int]]:
    """The same word and the same number: pieces of this size, not this many; the whole repeated, not each element."""
    pair = torch.arange(2)
    return {
        "split": [len(piece) for piece in torch.split(x, number)],
        "split_by_size": [len(piece) for piece in torch.split(x, number)],
        "split_by_number": [len(piece) for piece in torch.tensor_split(x, number)],
        "repeat": pair.repeat(number).tolist(),
        "whole_repeated": pair.repeat(number).tolist(),
        "elements_repeated": pair.repeat_interleave(number).tolist(),
    }
