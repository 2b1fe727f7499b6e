"""What the tests of recording look at: what a function was given, and what becomes of what it returns."""

from dataclasses import dataclass

import torch


def given(x, *others, scale=None):
    """What the call saw."""
    return {
        "shape": list(x.shape),
        "dtype": str(x.dtype).rpartition(".")[2],
        "others": [None if other is None else [tuple(part.shape) for part in other] for other in others],
        "scale": x * scale if scale is not None else None,
    }


@dataclass
class Named:
    sum: torch.Tensor
    parts: tuple


def nested(x):
    return {"first": x, "rest": Named(x.sum(), (x + 1.0, None, [x - 1.0]))}


def ignores_second(x, y):
    return 2.0 * x


class Loss:
    def __init__(self, power: float = 2.0) -> None:
        self.power = power

    def __call__(self, input, target):
        return torch.abs(input - target) ** self.power


class Weighted(torch.nn.Module):
    """One of every kind of variable."""

    def __init__(self, activation=None) -> None:
        super().__init__()
        self.activation = activation
        self.weight = torch.nn.Parameter(torch.ones(3))
        self.kernel = torch.nn.Parameter(torch.ones(4, 3))
        self.bias = torch.nn.Parameter(torch.zeros(4))
        self.register_buffer("running_mean", torch.zeros(3))
        self.register_buffer("running_var", torch.ones(3))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x):
        if self.training:
            self.num_batches_tracked += 1
        x = (x - self.running_mean) / torch.sqrt(self.running_var) * self.weight
        x = x @ self.kernel.T + self.bias
        return x if self.activation is None else self.activation(x)
