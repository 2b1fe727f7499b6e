r"""Making tensors: filled, from data, like another, in ranges, at random.

Shapes: `filled`: (rows, columns) unless the name says otherwise. `ranges`: arange ⌈(end − start) / step⌉ numbers, linspace `steps`.

>>> import torch
>>> torch.zeros(5, 3, dtype=torch.long).sum(), torch.tensor([5.5, 3])
(tensor(0), tensor([5.5000, 3.0000]))
>>> constructors()
{'tensor_of_1_shape': [], 'tensor_of_1_dtype': 'int64', 'class_of_1_shape': [1], 'class_of_1_dtype': 'float32'}

Source: the notes, "取随机矩阵", "numpy与Tensor" (`torch.tensor(1)` and `torch.Tensor(1)`) and "张量".
"""

import torch
from torch import Tensor


def filled(like: Tensor, rows: int, columns: int) -> dict[str, Tensor | list]:
    """Constants. `*_like` takes shape and dtype from a tensor, `new_*` only the dtype; both can be overruled."""
    return {
        "ones": torch.ones(rows, columns),
        "zeros": torch.zeros(rows, columns).tolist(),
        "zeros_long": torch.zeros(rows, columns, dtype=torch.long),
        "full": torch.full((rows, columns), 7.25),
        "eye": torch.eye(rows),
        "eye_rectangular": torch.eye(rows, columns),
        "from_data": torch.tensor([5.5, 3]),
        "ones_like": torch.ones_like(like),
        "zeros_like": torch.zeros_like(like).tolist(),
        "full_like": torch.full_like(like, -1.5),
        "new_ones": like.new_ones(rows, columns, dtype=torch.double),
        "new_full": like.new_full((columns,), 3.0),
        "empty_shape": list(torch.empty(rows, columns).shape),  # its values are whatever was in memory
    }


def ranges(start: float, end: float, step: float, steps: int) -> dict[str, Tensor]:
    """From start to end: by step without the end, in a number of steps with it."""
    return {
        "arange": torch.arange(start, end, step),
        "linspace": torch.linspace(start, end, steps),
        "arange_integers": torch.arange(steps),
        "arange_two": torch.arange(1, steps + 1),
    }


def drawn(rows: int, columns: int, seed: int) -> dict[str, Tensor | bool | list[int]]:
    """What can be said of random numbers without comparing them: shapes, bounds, and that a seed repeats them."""
    torch.manual_seed(seed)
    rand, randn = torch.rand(rows, columns), torch.randn(rows, columns)
    uniform = torch.empty(rows, columns).uniform_(-3, 5)
    normal = torch.normal(2.0, 0.5, size=(rows, columns))
    randint = torch.randint(0, 100, (rows, columns))
    torch.manual_seed(seed)
    again = torch.rand(rows, columns)
    return {
        "rand_in_bounds": bool(torch.all((rand >= 0) & (rand < 1))),
        "uniform_in_bounds": bool(torch.all((uniform >= -3) & (uniform < 5))),
        "randint_in_bounds": bool(torch.all((randint >= 0) & (randint < 100))),
        "randn_shape": list(randn.shape),
        "normal_shape": list(normal.shape),
        "randperm_sorted": torch.sort(torch.randperm(columns)).values,
        "seed_repeats": bool(torch.all(again == rand)),
    }


def constructors() -> dict[str, list[int] | str]:
    """`torch.tensor(1)` is the number 1; `torch.Tensor(1)` is one number that nobody has set."""
    tensor, of_class = torch.tensor(1), torch.Tensor(1)
    return {
        "tensor_of_1_shape": list(tensor.shape),
        "tensor_of_1_dtype": str(tensor.dtype).removeprefix("torch."),
        "class_of_1_shape": list(of_class.shape),
        "class_of_1_dtype": str(of_class.dtype).removeprefix("torch."),
    }
