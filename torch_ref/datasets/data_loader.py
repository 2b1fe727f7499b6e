r"""From samples to batches: PyTorch's DataLoader.

| argument | default | |
|---|---|---|
| batch_size | 1 | None: samples, not batches |
| shuffle | False | a permutation each epoch |
| sampler, batch_sampler | None | the order, given; excludes shuffle (and, for batches, batch_size and drop_last) |
| num_workers | 0 | processes that fetch |
| collate_fn | None | list of samples → batch; by default stacked, part by part |
| pin_memory | False | into memory that a GPU reads faster |
| drop_last | False | leave out a last batch that is not full |
| timeout | 0 | seconds to wait for a worker |
| worker_init_fn | None | called in each worker with its number |

Shapes: samples (...) become (batch_size, ...), the last batch shorter unless it is dropped: ⌈n / batch_size⌉ batches.

>>> import torch
>>> from torch_ref.datasets.dataset import TensorDataset
>>> [len(x) for (x,) in DataLoader(TensorDataset(torch.arange(10)), batch_size=4)]
[4, 4, 2]

Source: the notes, "utils.data", "Dataset&Dataloader" and "iteration = N / batch"; PyTorch's documentation, `torch.utils.data.DataLoader`.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader as DataLoader
from torch.utils.data import default_collate as default_collate

from torch_ref.datasets.dataset import Dataset, TensorDataset
from torch_ref.datasets.samplers import BatchSampler, PermutationSampler
from torch_ref.tensors._refusal import attempt


def batches(x: Tensor, y: Tensor, batch_size: int, epochs: int = 2, seed: int = 0, drop_last: bool = False, num_workers: int = 0) -> dict[str, Tensor | list]:
    """Every batch of several epochs, in order, from one seeded permutation an epoch."""
    data = TensorDataset(x, y)
    loader = DataLoader(data, batch_size, sampler=PermutationSampler(data, seed), drop_last=drop_last, **_workers(num_workers))
    found = [(epoch, *batch) for epoch in range(epochs) for batch in loader]
    return {f"x.{i}": xs for i, (_, xs, _) in enumerate(found)} | {f"y.{i}": ys for i, (_, _, ys) in enumerate(found)} | {"length": [len(loader)]}


def fetched(x: Tensor, y: Tensor, batch_size: int, num_workers: int = 0) -> dict[str, Tensor | list]:
    """A set that is Python: a dictionary a sample, a number, a string; batches of unequal length by a batch sampler; a collate function of its own."""
    data = _Words(x, y)
    first = next(iter(DataLoader(data, batch_size, **_workers(num_workers))))
    order = [[1], [0, 2], list(range(len(x)))]
    own = DataLoader(data, batch_sampler=order, collate_fn=_longest, **_workers(num_workers))
    unbatched = list(DataLoader(TensorDataset(x), batch_size=None))
    return {
        "image": first["image"],
        "label": first["label"],
        "number": first["number"],
        "word": first["word"],
        "own_lengths": [len(batch) for batch in own],
        "own_last": list(own)[-1],
        "own_count": [len(own)],
        "unbatched": unbatched[1][0],
        "grouped": [len(ys) for _, ys in DataLoader(TensorDataset(x, y), batch_sampler=BatchSampler(range(len(x)), 2, True))],
    }


def collated(x: Tensor, y: Tensor) -> dict[str, Tensor | list]:
    """The default: tensors stacked, numbers made tensors, strings kept, containers part by part."""
    told = default_collate([{"a": x, "b": [1, 2.5, "one"], "c": (True, 7)}, {"a": y, "b": [3, 4.5, "two"], "c": (False, 8)}])
    return {
        "stacked": told["a"],
        "integers": told["b"][0],
        "floats": told["b"][1],
        "strings": list(told["b"][2]),
        "bools": told["c"][0],
        "tuple_of": told["c"][1],
        "kinds": [str(part.dtype).removeprefix("torch.") for part in (told["b"][0], told["c"][0])],
    }


def defaults(x: Tensor) -> dict[str, Tensor | list | bool | str | None]:
    """What is not said: the order, the last batch; and words that exclude each other."""
    n = len(x)
    data = TensorDataset(x, torch.arange(n))
    plain, shuffled = DataLoader(data), DataLoader(data, n, shuffle=True, generator=torch.Generator().manual_seed(0))
    orders = [next(iter(shuffled))[1].tolist() for _ in range(2)]
    words: dict[str, Callable[[], object]] = {
        "sampler_and_shuffle": lambda: DataLoader(data, sampler=range(n), shuffle=True),
        "batch_sampler_and_size": lambda: DataLoader(data, batch_size=2, batch_sampler=[[0]]),
        "no_batch_and_drop": lambda: DataLoader(data, batch_size=None, drop_last=True),
        "negative_workers": lambda: DataLoader(data, num_workers=-1),
        "negative_timeout": lambda: DataLoader(data, timeout=-1),
        "prefetch_without_workers": lambda: DataLoader(data, prefetch_factor=2),
        "persistent_without_workers": lambda: DataLoader(data, persistent_workers=True),
        "size_of_nothing": lambda: DataLoader(data, batch_size=0),
        "samples_that_do_not_stack": lambda: next(iter(DataLoader(_Ragged(), 2))),
        "index_behind_the_end": lambda: list(DataLoader(data, sampler=[n])),
    }
    refused = {name: value for name, action in words.items() for name, value in attempt(name, action).items()}
    return {
        "first_batch": next(iter(plain))[0],
        "sizes": [len(batch) for batch, _ in DataLoader(data, 3)],
        "sizes_dropped": [len(batch) for batch, _ in DataLoader(data, 3, drop_last=True)],
        "lengths": [len(DataLoader(data, 3)), len(DataLoader(data, 3, drop_last=True)), len(plain)],
        "shuffled_is_a_permutation": sorted(orders[0]) == list(range(n)),
        "shuffled_anew": orders[0] != orders[1],
        **refused,
    }


def _workers(number: int) -> dict[str, Any]:
    """Forked: a spawned process imports torch anew, which takes seconds."""
    return {"num_workers": number, "multiprocessing_context": "fork"} if number else {}


class _Words(Dataset):
    """Samples that are dictionaries."""

    def __init__(self, x: Tensor, y: Tensor) -> None:
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, index: int) -> dict:
        return {"image": self.x[index], "label": self.y[index], "number": index / 2, "word": "abc"[: index % 3 + 1]}


class _Ragged(Dataset):
    """Samples of unequal length."""

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> Tensor:
        return torch.zeros(index + 1)


def _longest(samples: list[dict]) -> Tensor:
    """Rows as long as there are samples, zeros behind: a collate function for sequences of unequal length."""
    return torch.nn.utils.rnn.pad_sequence([sample["image"].reshape(-1)[: i + 1] for i, sample in enumerate(samples)], batch_first=True)
