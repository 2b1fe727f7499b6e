r"""scikit-learn's 1,797 handwritten digits: the real data that is always there.

Shapes: `data` (1797, 8, 8), values 0 … 16; a sample is an image (1, 8, 8) in [0, 1] and a number.

>>> image, label = Digits()[0]
>>> len(Digits()), tuple(image.shape), label
(1797, (1, 8, 8), 0)

Source: Alpaydin and Kaynak 1998, UCI "Optical Recognition of Handwritten Digits"; scikit-learn's documentation.
"""

from collections.abc import Callable
from typing import Any

import torch
from sklearn.datasets import load_digits
from torch import Tensor

from torch_ref.datasets.data_loader import DataLoader
from torch_ref.datasets.dataset import Dataset


class Digits(Dataset):
    """Images and class numbers.

    Args:
        transform: makes a sample of an image (1, 8, 8).
    """

    def __init__(self, transform: Callable[[Tensor], Any] | None = None) -> None:
        found = load_digits()
        self.data, self.targets, self.transform = torch.from_numpy(found.images), torch.from_numpy(found.target), transform

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        image = (self.data[index] / 16).to(torch.get_default_dtype())[None]
        return self.transform(image) if self.transform else image, int(self.targets[index])


def first_batch(batch_size: int) -> dict[str, Tensor | int]:
    """What a loader gives first."""
    data = Digits()
    images, labels = next(iter(DataLoader(data, batch_size)))
    return {"images": images, "labels": labels, "length": len(data), "counts": torch.bincount(data.targets)}
