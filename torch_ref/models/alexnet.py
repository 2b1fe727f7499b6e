"""AlexNet: five convolutions and three dense layers, the network that won ImageNet in 2012.

Shapes: input (N, C, H, W) from 63×63 on, output (N, num_classes) scores.
61,100,840 parameters, 58.6 M of them in the dense layers; 714 M multiply-adds at 224×224, 92 % of them in the convolutions; receptive field 195.
The version of one GPU, as torchvision has it: without local response normalisation and without groups. Names are torchvision's.

>>> import torch
>>> model = AlexNet(num_classes=10, width=8)
>>> model(torch.zeros(2, 3, 63, 80)).shape
torch.Size([2, 10])

Source: Krizhevsky, Sutskever and Hinton 2012, "ImageNet classification with deep convolutional neural networks"; Krizhevsky 2014, arXiv:1404.5997.
"""

import torch
from torch import nn


class AlexNet(nn.Module):
    """Convolutions 11×11, 5×5, 3×3, 3×3, 3×3 with three maxima, means over 6×6, two hidden dense layers under dropout."""

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5, width: int = 64, in_channels: int = 3) -> None:
        super().__init__()
        hidden = 64 * width
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, width, 11, 4, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(width, 3 * width, 5, 1, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(3 * width, 6 * width, 3, 1, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(6 * width, 4 * width, 3, 1, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(4 * width, 4 * width, 3, 1, 1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(4 * width * 6 * 6, hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(inplace=True),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.avgpool(self.features(x))
        return self.classifier(torch.flatten(x, 1))
