r"""The diabetes table of the notes: 8 measurements scaled to [−1, 1], then 0 or 1; 759 rows, comma-separated, gzipped.

Shapes: `x_data` (n, 8), `y_data` (n, 1): the label keeps its axis, as a binary loss wants it.

>>> import pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "two.csv"
>>> _ = path.write_text("0,1,2,3,4,5,6,7,1\n1,1,1,1,1,1,1,1,0\n")
>>> x, y = DiabetesDataset(path)[0]
>>> len(DiabetesDataset(path)), tuple(x.shape), y
(2, (8,), array([1.], dtype=float32))

Source: Smith et al. 1988, "Pima Indians Diabetes" (UCI); the notes, DiabetesDataset.
"""

import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from torch_ref.datasets.data_loader import DataLoader
from torch_ref.datasets.dataset import Dataset
from torch_ref.datasets.samplers import PermutationSampler
from torch_ref.tensors._refusal import attempt


class DiabetesDataset(Dataset):
    """The notes' class.

    Args:
        filepath: the table, packed or not.

    Raises:
        ValueError: no table of numbers in at least two columns.
    """

    def __init__(self, filepath: str | Path) -> None:
        xy = np.loadtxt(filepath, delimiter=",", dtype=np.float32, ndmin=2)
        if xy.shape[1] < 2:
            raise ValueError(f"{filepath} must have features and a label, got {xy.shape[1]} column")
        self.len = xy.shape[0]
        self.x_data = xy[:, :-1]
        self.y_data = xy[:, [-1]]

    def __getitem__(self, item: int) -> tuple[np.ndarray, np.ndarray]:
        return self.x_data[item], self.y_data[item]

    def __len__(self) -> int:
        return self.len


def table(batch_size: int, seed: int) -> dict[str, Tensor | int | list[int]]:
    """The whole table and an epoch's batches: 759 rows by 32 make 24 batches, the last of 23."""
    data = DiabetesDataset(Path(os.environ["PARITY_DATA"]) / "diabetes" / "diabetes.csv.gz")
    batches = list(DataLoader(data, batch_size, sampler=PermutationSampler(data, seed)))
    return {
        "x": torch.from_numpy(data.x_data),
        "y": torch.from_numpy(data.y_data),
        "rows": len(data),
        "iterations": len(batches),
        "sizes": [len(x) for x, _ in batches[-2:]],
        "first_x": batches[0][0],
        "last_y": batches[-1][1],
    }


def not_a_table(text: str) -> dict[str, bool | str | None]:
    """A file that is no such table."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "table.csv"
        path.write_text(text)
        return attempt("table", lambda: DiabetesDataset(path))
