"""GoogLeNet, or Inception v1: blocks of parallel convolutions, and auxiliary heads that feed gradients into the middle.

Shapes: input (N, C, H, W) from 15×15 on, output (N, num_classes) scores; in training with `aux_logits` the scores of all three heads.
6,624,904 parameters without the auxiliary heads (13,004,888 with them), 1.498 G multiply-adds at 224×224; receptive field 379.

As torchvision has it: batch normalisation (ε = 0.001) after each convolution, and 3×3 where the paper has 5×5. Names are torchvision's.

>>> import torch
>>> model = GoogLeNet(num_classes=10, width=8)
>>> model.eval()(torch.zeros(2, 3, 33, 40)).shape, [tuple(head.shape) for head in model.train()(torch.zeros(2, 3, 64, 64))]
(torch.Size([2, 10]), [(2, 10), (2, 10), (2, 10)])

Source: Szegedy et al. 2014, "Going deeper with convolutions", arXiv:1409.4842; the notes, "GoogLeNet" and "Inception".
"""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F


class _Outputs(NamedTuple):
    """The scores of the three heads, the last first, as torchvision orders them."""

    logits: torch.Tensor
    aux_logits2: torch.Tensor
    aux_logits1: torch.Tensor


class BasicConv2d(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], stride: int = 1, padding: int | tuple[int, int] = 0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class GoogLeNet(nn.Module):
    """Nine inception blocks between maxima; heads after the third, the sixth and the last."""

    def __init__(self, num_classes: int = 1000, aux_logits: bool = True, transform_input: bool = False, dropout: float = 0.2, dropout_aux: float = 0.7,
                 width: int = 64, in_channels: int = 3) -> None:  # fmt: skip
        super().__init__()

        def block(*channels: int) -> _Inception:
            return _Inception(*(count * width // 64 for count in channels))

        c64, c192, c512, c528, c1024 = (count * width // 64 for count in (64, 192, 512, 528, 1024))
        self.aux_logits, self.transform_input = aux_logits, transform_input
        self.conv1 = BasicConv2d(in_channels, c64, 7, 2, 3)
        self.maxpool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = BasicConv2d(c64, c64, 1)
        self.conv3 = BasicConv2d(c64, c192, 3, 1, 1)
        self.maxpool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a = block(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = block(256, 128, 128, 192, 32, 96, 64)
        self.maxpool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a = block(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = block(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = block(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = block(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = block(528, 256, 160, 320, 32, 128, 128)
        self.maxpool4 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.inception5a = block(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = block(832, 384, 192, 384, 48, 128, 128)
        self.aux1 = _Head(c512, width, num_classes, dropout_aux) if aux_logits else None
        self.aux2 = _Head(c528, width, num_classes, dropout_aux) if aux_logits else None
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(c1024, num_classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, mean=0.0, std=0.01, a=-2, b=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor | _Outputs:
        if self.transform_input:
            x = as_half_ranges(x)
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x4a = self.inception4a(x)
        x4d = self.inception4d(self.inception4c(self.inception4b(x4a)))
        x = self.maxpool4(self.inception4e(x4d))
        x = self.inception5b(self.inception5a(x))
        scores = self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))
        return _Outputs(scores, self.aux2(x4d), self.aux1(x4a)) if self.aux_logits and self.training else scores


class _Inception(nn.Module):
    """Four branches side by side: 1×1; 1×1, 3×3; 1×1, 3×3 (the paper's 5×5); maxima, 1×1."""

    def __init__(self, in_channels: int, ch1x1: int, ch3x3red: int, ch3x3: int, ch5x5red: int, ch5x5: int, pool_proj: int) -> None:
        super().__init__()
        self.branch1 = BasicConv2d(in_channels, ch1x1, 1)
        self.branch2 = nn.Sequential(BasicConv2d(in_channels, ch3x3red, 1), BasicConv2d(ch3x3red, ch3x3, 3, 1, 1))
        self.branch3 = nn.Sequential(BasicConv2d(in_channels, ch5x5red, 1), BasicConv2d(ch5x5red, ch5x5, 3, 1, 1))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), BasicConv2d(in_channels, pool_proj, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class _Head(nn.Module):
    """Means over 4×4, a 1×1 convolution, two dense layers."""

    def __init__(self, in_channels: int, width: int, num_classes: int, dropout: float) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d((4, 4))
        self.conv = BasicConv2d(in_channels, 2 * width, 1)
        self.fc1 = nn.Linear(2 * width * 4 * 4, 16 * width)
        self.fc2 = nn.Linear(16 * width, num_classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.flatten(self.conv(self.pool(x)), 1)
        return self.fc2(self.dropout(F.relu(self.fc1(x), inplace=True)))


def as_half_ranges(x: torch.Tensor) -> torch.Tensor:
    """From ImageNet's mean and deviation of each colour to (pixel − 0.5)/0.5, for weights that were trained by TensorFlow."""
    mean, deviation = (torch.tensor(values, dtype=x.dtype, device=x.device).reshape(3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return x * (deviation / 0.5) + (mean - 0.5) / 0.5
