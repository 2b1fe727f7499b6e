r"""NumPy's random numbers and reshapings beside PyTorch's: what is new and what changes in place.

| NumPy | changes the array itself | PyTorch | changes the tensor itself |
|---|---|---|---|
| `a.reshape(s)` | no, shares memory | `x.reshape(s)` | no, shares memory |
| `a.resize(s)` | yes | `x.resize_(s)` | yes |
| `a.ravel()` | no, shares memory | `x.ravel()` | no, shares memory |
| `a.flatten()` | no, copies | `x.flatten()` | no, *shares* memory |
| `random.shuffle(a)` | yes, rows | `x[torch.randperm(n)]` | no |

Shapes: `numpy_draws`: (rows, columns) unless the name says otherwise. `changed_in_place`: x (n, d).

>>> import torch
>>> told = changed_in_place(torch.ones(2, 3))
>>> told["numpy_flatten_shares"], told["flatten_shares"], told["numpy_shuffle_changes"]
(False, True, True)

Source: the notes, "np.random中的方法" and "数组变形".
"""

import numpy as np
import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def numpy_draws(rows: int, columns: int, seed: int) -> dict[str, Tensor | bool]:
    """The notes' calls. A seeded NumPy generator gives both frameworks the same numbers, which is how to feed them alike."""
    r = np.random.RandomState(seed)
    x = r.randint(10, 20, 10)
    normal = r.normal(0, 1, size=(rows, columns))
    shuffled = np.arange(rows)
    r.shuffle(shuffled)
    return {
        "randint": torch.from_numpy(x),
        "randint_in_bounds": bool(np.all((x >= 10) & (x < 20))),
        "choice": torch.from_numpy(r.choice(x, size=(2, 2), replace=False)),
        "normal": torch.from_numpy(normal),
        "wide_normal": torch.from_numpy(r.normal(0, 10, size=(3, 2))),
        "randn": torch.from_numpy(r.randn(rows, columns)),
        "many_randn": torch.from_numpy(r.randn(100, 2, 3)),
        "shuffled": torch.from_numpy(shuffled),
        "dot": torch.from_numpy(np.dot(normal, normal.T)),
    }


def changed_in_place(x: Tensor) -> dict[str, bool]:
    """Each is done to a fresh copy, and the copy is looked at."""
    array = x.detach().cpu().numpy()
    rows, columns = array.shape

    def fresh() -> np.ndarray:
        return array.copy()

    reshaped, resized, order = fresh(), fresh(), np.arange(1000)
    reshaped.reshape(columns, rows)
    resized.resize((columns, rows), refcheck=False)
    np.random.RandomState(0).shuffle(order)
    a, tensor, ravelled, flattened, permuted = fresh(), x.clone(), x.clone(), x.clone(), torch.arange(1000)
    permuted[torch.randperm(1000)]
    return {
        "numpy_reshape_changes": reshaped.shape != array.shape,
        "numpy_resize_changes": resized.shape != array.shape,
        "numpy_shuffle_changes": not np.array_equal(order, np.arange(1000)),
        "numpy_reshape_shares": np.shares_memory(a, a.reshape(-1)),
        "numpy_ravel_shares": np.shares_memory(a, a.ravel()),
        "numpy_flatten_shares": np.shares_memory(a, a.flatten()),
        "resize_changes": tensor.resize_(columns, rows).data_ptr() == tensor.data_ptr() and list(tensor.shape) == [columns, rows],
        "shuffle_changes": not torch.equal(permuted, torch.arange(1000)),
        "ravel_shares": ravelled.ravel().data_ptr() == ravelled.data_ptr(),
        "flatten_shares": flattened.flatten().data_ptr() == flattened.data_ptr(),
    }


def without_replacement(n: int, count: int, seed: int) -> dict[str, bool | str | int | None]:
    """Some of n numbers, none twice; and more than there are."""
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(n, generator=generator)[:count].tolist()
    weighted = torch.multinomial(torch.ones(n), count, generator=generator).tolist()
    return {
        "distinct": len(set(chosen)) == len(set(weighted)) == count,
        "in_bounds": all(0 <= index < n for index in (*chosen, *weighted)),
        **attempt("numpy_too_many", lambda: np.random.RandomState(seed).choice(n, n + 1, replace=False)),
        "too_many_gives": len(torch.randperm(n)[: n + 1]),
    }
