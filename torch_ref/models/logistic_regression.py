"""A sigmoid over a straight line, the notes' second model: [1, 2, 3] → [0, 0, 1].

Shapes: input (N, 1), output (N, 1), a probability. The notes train it for 1200 and 1500 steps, learning rate 0.01, summed BCE.

>>> import torch
>>> model = LogisticRegressionModel()
>>> _ = model.linear.weight.data.fill_(1.0), model.linear.bias.data.fill_(-2.5)
>>> model(torch.tensor([[1.0], [2.0], [3.0]])).round(decimals=4).flatten().tolist()
[0.18240000307559967, 0.3774999976158142, 0.6225000023841858]

Source: the notes, "logistic regression".
"""

import torch
from torch import nn


class LogisticRegressionModel(nn.Module):
    """σ(w x + b)."""

    def __init__(self, in_features: int = 1) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(self.linear(x))
