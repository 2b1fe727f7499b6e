"""Sets of samples: a length and a sample for each index, with PyTorch's names."""

import bisect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from jaxtyping import Float, Num

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


class Dataset:
    """Write `__len__` and `__getitem__`. A set that can be read inside a graph also has `gather`.

    Shapes:
        any.

    Differs from PyTorch:
        `tf.data.Dataset` is another thing: a stream without indices. `DataLoader.as_tf_data()` makes one of a set, an order and a batch size.
        `gather`, where a subclass has it, takes a tensor of indices from 0 on and gives the batch of their samples,
        without Python for each of them.

    Source: PyTorch's documentation, `torch.utils.data.Dataset`.
    """

    gather: Callable[[Tensor], Any] | None = None
    transforms_samples = False  # whether `gather` does more than gather, so that a graph pays

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__")

    def __add__(self, other: "Dataset") -> "ConcatDataset":
        return ConcatDataset([self, other])


class TensorDataset(Dataset):
    """Tensors of equal length, side by side.

    Args:
        tensors: each (n, ...).

    Shapes:
        n samples, each a tuple of (...).

    Raises:
        ValueError: unequal lengths.
        IndexError: no such sample.

    Differs from PyTorch:
        A batch is gathered at once, not stacked from samples. PyTorch raises AssertionError for unequal lengths.

    Source: PyTorch's documentation, `TensorDataset`.
    """

    def __init__(self, *tensors: Tensor) -> None:
        self.tensors = tuple(tf.convert_to_tensor(tensor) for tensor in tensors)
        lengths = [len(tensor) for tensor in self.tensors]
        if len(set(lengths)) > 1:
            raise ValueError(f"tensors must have the same length, got {lengths}")

    def __getitem__(self, index: int) -> tuple[Tensor, ...]:
        _check_index(index, len(self))
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def gather(self, indices: Num[Tensor, " b"]) -> tuple[Tensor, ...]:
        return tuple(tf.gather(tensor, indices) for tensor in self.tensors)


class Subset(Dataset):
    """The samples at some indices of another set.

    Args:
        dataset: the whole set.
        indices: which of its samples, in their order.

    Shapes:
        samples as the whole set's.

    Differs from PyTorch: not at all.

    Source: PyTorch's documentation, `Subset`.
    """

    def __init__(self, dataset: Dataset, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        if dataset.gather is not None:
            self.transforms_samples = dataset.transforms_samples
            self.gather = lambda places: dataset.gather(tf.gather(tf.constant(np.asarray(indices, np.int64)), places))

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset):
    """Several sets, one after the other.

    Args:
        datasets: at least one.

    Shapes:
        samples as theirs.

    Raises:
        ValueError: no set, or an index before the first sample.

    Differs from PyTorch: PyTorch raises AssertionError for no set.

    Source: PyTorch's documentation, `ConcatDataset`.
    """

    def __init__(self, datasets: Iterable[Dataset]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("datasets must be at least one, got none")
        self.cumulative_sizes = np.cumsum([len(dataset) for dataset in self.datasets]).tolist()

    def __getitem__(self, index: int) -> Any:
        if index < -len(self):
            raise ValueError(f"index {index} is before the first of {len(self)} samples")
        index = index + len(self) if index < 0 else index
        which = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[which][index - (self.cumulative_sizes[which - 1] if which else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class Notes(Dataset):
    """The notes' TestDataset: five pairs of numbers and their labels.

    Shapes:
        a sample is a pair (2,) and a number.

    Differs from PyTorch: not at all.

    Source: the notes, "utils.data".
    """

    def __init__(self) -> None:
        self.data = np.asarray([[1, 2], [3, 4], [2, 1], [3, 4], [4, 5]])
        self.label = np.asarray([0, 1, 0, 1, 2])

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return tf.constant(self.data[index]), tf.constant(self.label[index])

    def __len__(self) -> int:
        return len(self.data)


def samples(x: Float[Tensor, "n ..."], y: Num[Tensor, "n ..."]) -> dict[str, Tensor | int | bool | str | None]:
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


def _check_index(index: int, length: int) -> None:
    """An index of a set; iteration over a set ends by this error."""
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of range for {length} samples")
