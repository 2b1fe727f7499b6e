r"""U-Net: a path down whose features are cut to size and laid beside those on the way up.

Shapes: input (N, C, H, W), output (N, num_classes, H', W') scores. As in the paper nothing is padded: each pair of convolutions takes 4 pixels off, 572×572
becomes 388×388, and 188×188 is the smallest image (output 4×4). With `padding=1` the size stays, rounded down to a multiple of 16.

| | parameters | multiply-adds | receptive field |
|---|---|---|---|
| 3 channels, 2 classes, 572×572 | 31,043,586 | 150.803 G | 204 |

Convolutions going down hold 0.04, 0.22, 0.89, 3.54 and 14.16 M, going up 7.08, 1.77, 0.44 and 0.11 M, the transposed ones 2.79 M in all.
How far a pixel sees depends on its place among 16: 188 to 204.

As the notes have it: batch norm after each convolution, which the paper lacks. Their first `DoubleConv` gave its second convolution `in_channels` again, and
PyTorch said "expected input[4, 64, 158, 158] to have 3 channels": the second takes what the first gives.

>>> import torch
>>> net = UNet(width=4)
>>> net(torch.zeros(1, 3, 188, 188)).shape, DoubleConv(3, 64)(torch.zeros(4, 3, 160, 160)).shape
(torch.Size([1, 2, 4, 4]), torch.Size([4, 64, 156, 156]))

Source: Ronneberger, Fischer and Brox 2015, arXiv:1505.04597; the notes, "U-Net" and "已解决问题 1" (`DoubleConv`).
"""

from itertools import pairwise

import torch
from torch import nn


class DoubleConv(nn.Module):
    """Convolution 3×3, batch norm, ReLU, twice."""

    def __init__(self, in_channels: int, out_channels: int, padding: int = 0) -> None:
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=padding),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=padding),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.double_conv(x)


class UNet(nn.Module):
    """`depth` times down by maxima and up by transposed convolutions; channels double on the way down from `width`."""

    def __init__(self, in_channels: int = 3, num_classes: int = 2, width: int = 64, depth: int = 4, padding: int = 0) -> None:
        super().__init__()
        if padding not in (0, 1):
            raise ValueError(f"padding must be 0 (the paper) or 1 (keeps the size), got {padding}")
        channels = [width * 2**i for i in range(depth + 1)]
        self.down = nn.ModuleList(DoubleConv(before, after, padding) for before, after in pairwise([in_channels, *channels]))
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * c, c, 2, stride=2) for c in reversed(channels[:-1]))
        self.conv = nn.ModuleList(DoubleConv(2 * c, c, padding) for c in reversed(channels[:-1]))
        self.head = nn.Conv2d(width, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        passed: list[torch.Tensor] = []
        for down in self.down:
            x = down(self.pool(x) if passed else x)
            passed.append(x)
        for up, conv, beside in zip(self.up, self.conv, reversed(passed[:-1]), strict=True):
            x = up(x)
            x = conv(torch.cat([_centre(beside, x), x], dim=1))
        return self.head(x)


def _centre(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """The middle of x, as large as the other."""
    height, width = like.shape[2:]
    top, left = (x.shape[2] - height) // 2, (x.shape[3] - width) // 2
    return x[:, :, top : top + height, left : left + width]
