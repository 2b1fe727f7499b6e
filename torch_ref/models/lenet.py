"""LeNet-5, the digit reader: tanh and averages where the 60-minute net has ReLU and maxima.

Shapes: input (N, C, 32, 32), output (N, num_classes) scores; 61,706 numbers, as the 60-minute net.
The paper's trainable subsampling, sparse connections of the second convolution and radial basis output are left out, as is usual today.

>>> import torch
>>> LeNet()(torch.zeros(2, 1, 32, 32)).shape, sum(p.numel() for p in LeNet().parameters())
(torch.Size([2, 10]), 61706)

Source: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition"; the notes, "LeNet".
"""

import torch
from torch import nn


class LeNet(nn.Module):
    """conv 5×5 – tanh – mean – conv 5×5 – tanh – mean – 120 – 84 – classes."""

    def __init__(self, in_channels: int = 1, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.AvgPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(torch.tanh(self.conv1(x)))
        x = self.pool(torch.tanh(self.conv2(x)))
        x = self.flatten(x)
        x = torch.tanh(self.fc1(x))
        x = torch.tanh(self.fc2(x))
        return self.fc3(x)
