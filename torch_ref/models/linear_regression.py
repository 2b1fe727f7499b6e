"""A straight line, the notes' first model: [1, 2, 3] → [2, 4, 6].

Shapes: input (N, 1), output (N, 1). The notes train it for 2000 steps, learning rate 0.01, summed squares: w → 2, b → 0.

>>> import torch
>>> model = LinearModel()
>>> _ = model.linear.weight.data.fill_(2.0), model.linear.bias.data.zero_()
>>> model(torch.tensor([[4.0]])).item()
8.0

Source: the notes, "linear regression".
"""

import torch
from torch import nn


class LinearModel(nn.Module):
    """y = w x + b."""

    def __init__(self, in_features: int = 1, out_features: int = 1) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x)
