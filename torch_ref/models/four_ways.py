"""One network built in four ways: layers as attributes, a Sequential, a Sequential filled step by step, a Sequential with names.

Shapes: input (N, 3, 6, 6), output (N, 10). The parameters are the same four pairs; only their names differ.
The notes' second network takes 1984 values where 32·3·3 arrive, and drops the result of `view`; here both are mended.

>>> for way in (Attributes, InSequence, StepByStep, Named):
...     print([name for name, _ in way().named_parameters()][::2])
['conv1.weight', 'dense1.weight', 'dense2.weight']
['conv.0.weight', 'dense.0.weight', 'dense.2.weight']
['conv.conv1.weight', 'dense.dense1.weight', 'dense.dense2.weight']
['conv.conv1.weight', 'dense.dense1.weight', 'dense.dense2.weight']

Source: the notes, "building networks with torch.nn".
"""

from collections import OrderedDict

import torch
from torch import nn


class Attributes(nn.Module):
    """Every layer an attribute; the activations are functions."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, 1, 1)
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.dense1 = nn.Linear(32 * 3 * 3, 128)
        self.dense2 = nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.flatten(self.pool(torch.relu(self.conv1(x))))
        return self.dense2(torch.relu(self.dense1(x)))


class _ConvThenDense(nn.Module):
    conv: nn.Sequential
    dense: nn.Sequential

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.dense(torch.flatten(self.conv(x), 1))


class InSequence(_ConvThenDense):
    """Layers in a Sequential are named by their numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(3, 32, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2))
        self.dense = nn.Sequential(nn.Linear(32 * 3 * 3, 128), nn.ReLU(), nn.Linear(128, 10))


class StepByStep(_ConvThenDense):
    """A Sequential grows by `add_module`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential()
        self.conv.add_module("conv1", nn.Conv2d(3, 32, 3, 1, 1))
        self.conv.add_module("relu1", nn.ReLU())
        self.conv.add_module("pool", nn.MaxPool2d(2))
        self.dense = nn.Sequential()
        self.dense.add_module("dense1", nn.Linear(32 * 3 * 3, 128))
        self.dense.add_module("relu2", nn.ReLU())
        self.dense.add_module("dense2", nn.Linear(128, 10))


class Named(_ConvThenDense):
    """A Sequential takes its names from a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(OrderedDict([("conv1", nn.Conv2d(3, 32, 3, 1, 1)), ("relu1", nn.ReLU()), ("pool", nn.MaxPool2d(2))]))
        self.dense = nn.Sequential(OrderedDict([("dense1", nn.Linear(32 * 3 * 3, 128)), ("relu2", nn.ReLU()), ("dense2", nn.Linear(128, 10))]))
