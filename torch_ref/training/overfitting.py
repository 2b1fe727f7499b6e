"""A net with far more weights than points, with and without dropout; the masks come with the points, so that both frameworks drop the same units.

Shapes: input (N, 1 + 2·hidden): x, then the masks of both hidden layers, 0 or 1/(1 − p); output (N, 1). In evaluation the masks are not used.

>>> import torch
>>> net = OverfittingNet(4, dropout=True)
>>> x = torch.cat([torch.randn(3, 1), torch.zeros(3, 8)], 1)  # everything dropped
>>> torch.equal(net(x), net.out.bias.expand(3, 1)), torch.equal(net.eval()(x), net.eval()(torch.cat([x[:, :1], torch.ones(3, 8)], 1)))
(True, True)

Source: the notes, "overfitting" (`net_dropped`); Srivastava et al. 2014, "Dropout".
"""

import torch
from torch import Tensor, nn


class OverfittingNet(nn.Module):
    """1 – hidden – hidden – 1, ReLU after each, a mask after each linear layer where `dropout`."""

    def __init__(self, hidden: int = 64, dropout: bool = False) -> None:
        super().__init__()
        self.hidden, self.dropout = hidden, dropout
        self.linear1, self.linear2, self.out = nn.Linear(1, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        x, first, second = x.split([1, self.hidden, self.hidden], dim=1)
        drops = self.dropout and self.training
        x = self.linear1(x)
        x = torch.relu(x * first if drops else x)
        x = self.linear2(x)
        x = torch.relu(x * second if drops else x)
        return self.out(x)
