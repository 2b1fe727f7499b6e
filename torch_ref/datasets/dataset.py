r"""Sets of samples: a length and a sample for each index. PyTorch's own.

Shapes: a `TensorDataset` of tensors (n, ...) has n samples, each a tuple of (...).

>>> import torch
>>> len(Notes()), Notes()[2]
(5, (tensor([2, 1]), tensor(0)))
>>> Subset(TensorDataset(torch.arange(4)), [3, 1])[0]
(tensor(3),)

Source: the notes, "utils.data" (TestDataset), "定义自己的Dataset"; PyTorch's documentation, `torch.utils.data`.
"""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import ConcatDataset as ConcatDataset
from torch.utils.data import Dataset as Dataset
from torch.utils.data import Subset as Subset
from torch.utils.data import TensorDataset as TensorDataset

from torch_ref.tensors._refusal import attempt


class Notes(Dataset):
    """The notes' TestDataset: five pairs of numbers and their labels."""

    def __init__(self) -> None:
        self.data = np.asarray([[1, 2], [3, 4], [2, 1], [3, 4], [4, 5]])
        self.label = np.asarray([0, 1, 0, 1, 2])

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return torch.from_numpy(self.data[index]), torch.tensor(self.label[index])

    def __len__(self) -> int:
        return len(self.data)


def samples(x: Tensor, y: Tensor) -> dict[str, Tensor | int | bool | str | None]:
    """What the kinds of sets give, and what they refuse."""
    pairs = TensorDataset(x, y)
    part, both = Subset(pairs, [2, 0]), ConcatDataset([pairs, TensorDataset(x, y)])
    txt, label = Notes()[2]
    return {
        "notes_length": len(Notes()),
        "notes_sample": txt,
        "notes_label": label,
        "length": len(pairs),
        "first": pairs[0][0],
        "last": pairs[-1][1],
        "part_length": len(part),
        "of_part": part[0][0],
        "both_length": len(both),
        "of_both": both[len(x)][0],
        "of_both_from_the_end": both[-1][1],
        **attempt("behind_the_end", lambda: pairs[len(x)]),
        **attempt("unequal_lengths", lambda: TensorDataset(x, y[1:])),
        **attempt("behind_both", lambda: both[-2 * len(x) - 1]),
    }
