r"""Taking parts of a tensor, and writing into them.

| | takes |
|---|---|
| `x[1]`, `x[:, 0]`, `x[1:4:2]` | a view |
| `index_select(x, dim, index)` | whole rows or columns, repeated as asked |
| `gather(x, dim, index)` | out[i, j] = x[i, index[i, j]] for dim 1 |
| `masked_select(x, mask)` | a vector of those where the mask holds |
| `nonzero(x)` | one row of indices for each nonzero element |

Shapes: x (n, d), rows (k,), columns (n, m) with m indices below d in each row.

>>> import torch
>>> write_through(torch.ones(3, 3))["after_write"]
tensor([[1., 1., 1.],
        [5., 1., 1.],
        [1., 1., 1.]])
>>> zeros = torch.zeros(3, 4)
>>> zeros[0][1], zeros[1][2] = 1, 2
>>> nonzero(zeros)["indices"]
tensor([[0, 1],
        [1, 2]])

Source: the notes, "索引" and "索引高级函数".
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def select(x: Tensor, rows: Tensor, columns: Tensor) -> dict[str, Tensor]:
    """Every way to take. The gradient of an element taken twice is the sum of both."""
    return {
        "row": x[1],
        "column": x[:, 0],
        "last": x[-1],
        "steps": x[1::2],
        "reversed": torch.flip(x, dims=(0,)),
        "new_axis": x[:, None],
        "index_select_rows": torch.index_select(x, 0, rows),
        "index_select_columns": torch.index_select(x, 1, columns[0]),
        "gather": torch.gather(x, 1, columns),
        "masked_select": torch.masked_select(x, x > 0),
        "masked_fill": x.masked_fill(x > 0, -1.0),
    }


def nonzero(x: Tensor) -> dict[str, Tensor]:
    """(count, axes) indices; `as_tuple=True` gives NumPy's form, one vector an axis."""
    first, second = torch.nonzero(x, as_tuple=True)
    return {"indices": torch.nonzero(x), "first_axis": first, "second_axis": second}


def add_rows(x: Tensor, rows: Tensor, updates: Tensor) -> dict[str, Tensor]:
    """A row named twice gets both updates. (`x[rows] += updates` keeps one of them, in an order that nobody promises.)"""
    return {"index_add": x.index_add(0, rows, updates), "from_zero": torch.zeros_like(x).index_add(0, rows, updates)}


def set_rows(x: Tensor, rows: Tensor, updates: Tensor) -> dict[str, Tensor]:
    """Each row named once: replaced, and by plain assignment added to."""
    added = x.clone()
    added[rows] += updates
    return {"index_copy": x.index_copy(0, rows, updates), "added": added}


def write_through(x: Tensor) -> dict[str, Tensor | bool]:
    """The notes' y = x[:, 0]; y[1] = 5: the slice is a view, and x changes."""
    x = x.clone()
    y = x[:, 0]
    y[1] = 5
    chosen = x[[0]]  # a list of indices copies
    chosen[0, 0] = 7
    return {"after_write": x, "slice": y, "slice_write_seen": bool(x[1, 0] == 5), "list_write_seen": bool(x[0, 0] == 7)}


def out_of_range(x: Tensor) -> dict[str, bool | str | None]:
    """What each way to take says to an index that is not there. On the CPU: on a GPU such an index ends the process's use of it."""
    x = x.cpu()
    n = len(x)

    def index(value: int) -> Tensor:
        return torch.tensor([value], device="cpu")

    return {
        **attempt("element", lambda: x[n]),
        **attempt("slice", lambda: x[1 : n + 9]),
        **attempt("select", lambda: torch.index_select(x, 0, index(n))),
        **attempt("select_negative", lambda: torch.index_select(x, 0, index(-1))),
        **attempt("element_negative", lambda: x[-1]),
        **attempt("negative_step", lambda: x[::-1]),
    }
