"""Two perceptrons of the notes: 8-6-4-1 with sigmoids for the diabetes table, 784-512-512-10 with a ReLU even after the scores for Fashion-MNIST.

Shapes: `DiabetesMLP` (N, 8) → (N, 1), a probability; `FashionMLP` (N, 1, 28, 28) → (N, 10), scores.
The ReLU at the end is the notes'; it cuts the gradient of every negative score.

>>> import torch
>>> [name for name, _ in FashionMLP().named_parameters()][:2], (FashionMLP()(torch.rand(4, 1, 28, 28)) >= 0).all().item()
(['linear_relu_stack.0.weight', 'linear_relu_stack.0.bias'], True)

Source: the notes, "Dataset and DataLoader" (`Model`) and "hyper-parameters" (`NeuralNetwork`).
"""

import torch
from torch import nn


class DiabetesMLP(nn.Module):
    """8 – 6 – 4 – 1, a sigmoid after each."""

    def __init__(self, in_features: int = 8) -> None:
        super().__init__()
        self.linear1 = nn.Linear(in_features, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.sigmoid(self.linear1(x))
        x = self.sigmoid(self.linear2(x))
        return self.sigmoid(self.linear3(x))


class FashionMLP(nn.Module):
    """784 – 512 – 512 – 10, a ReLU after each."""

    def __init__(self, in_features: int = 28 * 28, hidden: int = 512, num_classes: int = 10) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(in_features, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, num_classes),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear_relu_stack(self.flatten(x))
