"""The convolutional network of PyTorch's 60-minute introduction, as in the notes.

Shapes: input (N, C, 32, 32), output (N, num_classes) scores. Two convolutions 5×5 with ReLU and 2×2 maxima, three linear layers; 10 tensors, 61,706 numbers.

>>> import torch
>>> net = Net()
>>> len(list(net.parameters())), net.conv1.weight.shape, net(torch.zeros(1, 1, 32, 32)).shape
(10, torch.Size([6, 1, 5, 5]), torch.Size([1, 10]))

Source: the notes, "neural networks"; PyTorch's tutorial "Deep Learning with PyTorch: A 60 Minute Blitz".
"""

import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    """conv 5×5 – ReLU – max – conv 5×5 – ReLU – max – 120 – 84 – classes."""

    def __init__(self, in_channels: int = 1, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = self.flatten(x)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)
