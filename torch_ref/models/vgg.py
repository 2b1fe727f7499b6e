"""VGG-11, -13, -16 and -19, with and without batch normalisation: nothing but 3×3 convolutions and maxima.

Two 3×3 convolutions see 5×5 with 18/25 of the weights, three see 7×7 with 27/49, and there are more rectifiers between.

Shapes: input (N, C, H, W) from 32×32 on, output (N, num_classes) scores.

| | convolutions a stage | parameters | with norms | multiply-adds at 224×224 | receptive field |
|---|---|---|---|---|---|
| 11 | 1, 1, 2, 2, 2 | 132,863,336 | 132,868,840 | 7.609 G | 150 |
| 13 | 2, 2, 2, 2, 2 | 133,047,848 | 133,053,736 | 11.308 G | 156 |
| 16 | 2, 2, 3, 3, 3 | 138,357,544 | 138,365,992 | 15.470 G | 212 |
| 19 | 2, 2, 4, 4, 4 | 143,667,240 | 143,678,248 | 19.632 G | 268 |

The first dense layer alone, `classifier.0`, holds 102.8 M of VGG-16's 138.4 M parameters; 15.347 G of its 15.470 G multiply-adds are the convolutions'.
Names are torchvision's.

>>> import torch
>>> model = vgg11(num_classes=10, width=4)
>>> model(torch.zeros(2, 3, 32, 40)).shape
torch.Size([2, 10])

Source: Simonyan and Zisserman 2014, "Very deep convolutional networks for large-scale image recognition", arXiv:1409.1556; the notes, "VGG".
"""

from collections.abc import Iterator, Sequence

import torch
from torch import nn


class VGG(nn.Module):
    """Five stages of 3×3 convolutions, a maximum after each, means over 7×7, two hidden dense layers under dropout."""

    def __init__(self, layers: Sequence[int], batch_norm: bool = False, num_classes: int = 1000, dropout: float = 0.5, width: int = 64,
                 in_channels: int = 3) -> None:  # fmt: skip
        super().__init__()
        hidden = 64 * width
        self.features = nn.Sequential(*_features(layers, batch_norm, width, in_channels))
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(8 * width * 7 * 7, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))


def _features(layers: Sequence[int], batch_norm: bool, width: int, channels: int) -> Iterator[nn.Module]:
    if len(layers) != 5:
        raise ValueError(f"layers must say how many convolutions each of the five stages has, got {tuple(layers)}")
    for count, times in zip(layers, (1, 2, 4, 8, 8), strict=True):
        for _ in range(count):
            yield nn.Conv2d(channels, times * width, 3, 1, 1)
            if batch_norm:
                yield nn.BatchNorm2d(times * width)
            yield nn.ReLU(inplace=True)
            channels = times * width
        yield nn.MaxPool2d(2)


def vgg11(**options) -> VGG:
    """8 convolutions and three dense layers; `options` as `VGG`'s, so for the others."""
    return VGG((1, 1, 2, 2, 2), **options)


def vgg13(**options) -> VGG:
    """10 convolutions and three dense layers."""
    return VGG((2, 2, 2, 2, 2), **options)


def vgg16(**options) -> VGG:
    """13 convolutions and three dense layers."""
    return VGG((2, 2, 3, 3, 3), **options)


def vgg19(**options) -> VGG:
    """16 convolutions and three dense layers."""
    return VGG((2, 2, 4, 4, 4), **options)


def vgg11_bn(**options) -> VGG:
    """`vgg11` with batch normalisation."""
    return VGG((1, 1, 2, 2, 2), batch_norm=True, **options)


def vgg13_bn(**options) -> VGG:
    """`vgg13` with batch normalisation."""
    return VGG((2, 2, 2, 2, 2), batch_norm=True, **options)


def vgg16_bn(**options) -> VGG:
    """`vgg16` with batch normalisation."""
    return VGG((2, 2, 3, 3, 3), batch_norm=True, **options)


def vgg19_bn(**options) -> VGG:
    """`vgg19` with batch normalisation."""
    return VGG((2, 2, 4, 4, 4), batch_norm=True, **options)
