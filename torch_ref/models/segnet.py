r"""SegNet: VGG-16's convolutions down, the same back up, and the maxima put back where they came from.

Shapes: input (N, C, H, W), output (N, num_classes, H, W) scores of every pixel, also for odd sizes; 32×32 is the smallest image.

| 3 channels, 360×480 | parameters | multiply-adds | receptive field |
|---|---|---|---|
| 21 classes | 29,455,125 | 107.283 G | 404 |
| 12 classes, the paper's road scenes | 29,449,932 | 106.387 G | 404 |

What the decoder is given is not features but places: the index of each maximum. Where the pooling dropped an odd row, the unpooling is told the size.

>>> import torch
>>> SegNet(width=4)(torch.zeros(1, 3, 45, 37)).shape
torch.Size([1, 21, 45, 37])

Source: Badrinarayanan, Kendall and Cipolla 2015, arXiv:1511.00561; the notes, "SegNet" and "上池化 (unpooling)".
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn


class SegNet(nn.Module):
    """Stages of 3×3 convolutions with batch norm and ReLU: `layers` of them, pooled, then mirrored; the last convolution gives the scores."""

    def __init__(self, in_channels: int = 3, num_classes: int = 21, width: int = 64, layers: Sequence[int] = (2, 2, 3, 3, 3)) -> None:
        super().__init__()
        channels = [in_channels, *(width * min(2**i, 8) for i in range(len(layers)))]
        stages = list(zip(layers, pairwise(channels), strict=True))
        self.encoder = nn.ModuleList(_convolutions([before] + [after] * n) for n, (before, after) in stages)
        self.decoder = nn.ModuleList(_convolutions([after] * n + [before]) for n, (before, after) in reversed(stages[1:]))
        self.decoder.append(_convolutions([channels[1]] * layers[0]).append(nn.Conv2d(channels[1], num_classes, 3, padding=1)))
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = []
        for stage in self.encoder:
            x = stage(x)
            size = x.shape[2:]
            x, indices = self.pool(x)
            pooled.append((indices, size))
        for stage in self.decoder:
            indices, size = pooled.pop()
            x = stage(self.unpool(x, indices, output_size=size))
        return x


def _convolutions(channels: Sequence[int]) -> nn.Sequential:
    """From each number of channels to the next."""
    return nn.Sequential(
        *(layer for before, after in pairwise(channels) for layer in (nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU(inplace=True)))
    )
