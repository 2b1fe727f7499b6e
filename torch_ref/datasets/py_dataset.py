r"""Whole batches by their number, in another order each epoch: Keras' PyDataset; here a set whose samples are batches, and a DataLoader with batch_size=None.

Epoch e takes the samples $\pi_e(0), \pi_e(1), \dots$ in runs of `batch_size`; π_e is a permutation of seed and epoch alone.

Shapes: x (n, d), y (n, 1); batch i is (b, d) and (b, 1), the last one may be smaller. `trained` gives weight (1, d), bias (1,) and a loss an epoch.

>>> import torch
>>> data = Batches(torch.arange(5.0)[:, None], torch.zeros(5, 1), batch_size=2)
>>> len(data), data[0][0].shape
(3, torch.Size([2, 1]))
>>> before = data[0][0]
>>> data.set_epoch(1)
>>> torch.equal(data[0][0], before)
False

Source: the notes, "Dataset&Dataloader"; PyTorch's documentation, `torch.utils.data`, "Disable automatic batching"; Keras', `keras.utils.PyDataset`.
"""

import torch
from torch import Tensor

from torch_ref.datasets.data_loader import DataLoader, _workers
from torch_ref.datasets.dataset import Dataset
from torch_ref.datasets.samplers import BatchSampler, PermutationSampler


class Batches(Dataset):
    """Batch by batch, from one seeded permutation an epoch.

    Args:
        x, y: samples and their targets.
        batch_size: samples to a batch.
        seed: of all permutations.
        drop_last: leave out a last batch that is not full.
    """

    def __init__(self, x: Tensor, y: Tensor, batch_size: int, seed: int = 0, drop_last: bool = False) -> None:
        self.x, self.y = x, y
        self._sampler = PermutationSampler(range(len(self.x)), seed)
        self._batches = BatchSampler(self._sampler, batch_size, drop_last)
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """The order of this epoch."""
        self.epoch = epoch
        self._sampler.set_epoch(epoch)
        self._order = list(self._batches)

    def on_epoch_end(self) -> None:
        """The next epoch's order."""
        self.set_epoch(self.epoch + 1)

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        chosen = self._order[index]
        return self.x[chosen], self.y[chosen]


def trained(
    x: Tensor, y: Tensor, batch_size: int, epochs: int, seed: int = 0, drop_last: bool = False, num_workers: int = 0
) -> dict[str, Tensor | list[int] | bool]:
    """A linear model from zero, by batches of that order; whether the order is the same where nobody says shuffle=False, and where the set counts the ends."""
    data = Batches(x, y, batch_size, seed, drop_last)
    first = data[0]
    told = _descend(data, epochs, num_workers, told=True, shuffle=False)
    others = {
        "same_order_unsaid": _descend(data, epochs, num_workers, told=True),
        "same_order_by_on_epoch_end": _descend(Batches(x, y, batch_size, seed, drop_last), epochs, num_workers, told=False, shuffle=False),
    }
    same = {name: torch.allclose(told["weight"], other["weight"], rtol=1e-4) for name, other in others.items()}
    return told | {"first_x": first[0], "first_y": first[1], "length": [len(data)]} | same


def _descend(data: Batches, epochs: int, num_workers: int, told: bool, **words: bool) -> dict[str, Tensor]:
    """`told`: the set is told which epoch begins; else it counts the ends."""
    loader = DataLoader(data, batch_size=None, **words, **_workers(num_workers))
    model = torch.nn.Linear(data.x.shape[1], 1, dtype=data.x.dtype)
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.0625), []
    for epoch in range(epochs):
        if told:
            data.set_epoch(epoch)
        total, seen = torch.zeros((), dtype=data.x.dtype), 0
        for x, y in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            total, seen = total + loss.detach() * len(x), seen + len(x)
        losses.append(total / seen)
        data.on_epoch_end()
    return {"weight": model.weight.detach(), "bias": model.bias.detach(), "epoch_losses": torch.stack(losses)}
