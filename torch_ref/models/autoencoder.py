r"""The autoencoder: a net that must say its input again after it went through few numbers.

$$ c = e(x), \qquad \hat x = d(c), \qquad \min \lVert \hat x - x \rVert^2 $$

Encoder and decoder mirror each other: 784 – 128 – 64 – 12 – 3 – 12 – 64 – 128 – 784, tanh between, a sigmoid at the end because pixels lie in [0, 1].
What the notes want it for: weights and biases from which another net can start. `encoder` is that start, `classifier` makes the other net.

Shapes: input (N, C, H, W) with C·H·W = in_features, or (N, in_features); output (N, in_features); `encode` gives the code (N, widths[-1]).
219,891 numbers and 218,696 multiply-adds in the size above. Smallest input: one number.

>>> import torch
>>> net = Autoencoder()
>>> x = torch.rand(5, 1, 28, 28)
>>> net(x).shape, net.encode(x).shape, sum(p.numel() for p in net.parameters())
(torch.Size([5, 784]), torch.Size([5, 3]), 219891)
>>> other = net.classifier(10)
>>> torch.equal(other[0].weight, net.encoder[0].weight), other(x.flatten(1)).shape
(True, torch.Size([5, 10]))

Source: Hinton and Salakhutdinov 2006, "Reducing the dimensionality of data with neural networks"; the notes, "Auto-encoder".
"""

import copy
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


class Autoencoder(nn.Module):
    """in_features – widths – in_features, the code in the middle."""

    def __init__(self, in_features: int = 28 * 28, widths: Sequence[int] = (128, 64, 12, 3)) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.encoder = _perceptron([in_features, *widths])
        self.decoder = _perceptron([*reversed(widths), in_features])
        self.decoder.append(nn.Sigmoid())

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        return self.encoder(self.flatten(x))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.decoder(self.encode(x))

    def classifier(self, num_classes: int) -> nn.Sequential:
        """A classifier of flat inputs that starts from a copy of the encoder."""
        return nn.Sequential(*copy.deepcopy(self.encoder), nn.Tanh(), nn.Linear(self.encoder[-1].out_features, num_classes))


def _perceptron(sizes: Sequence[int]) -> nn.Sequential:
    """Linear layers with tanh between."""
    layers = nn.Sequential()
    for before, after in pairwise(sizes):
        if len(layers):
            layers.append(nn.Tanh())
        layers.append(nn.Linear(before, after))
    return layers
