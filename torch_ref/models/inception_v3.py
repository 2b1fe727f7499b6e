"""Inception v3: 5×5 as two 3×3, 7×7 as 1×7 and 7×1, and an auxiliary head.

Shapes: input (N, C, H, W) from 75×75 on, in training with `aux_logits` from 299×299 on; output (N, num_classes) scores, in training with `aux_logits` both
heads'. 27,161,264 parameters with the auxiliary head (23,834,568 without), 5.713 G multiply-adds at 299×299 without it; receptive field 1311.

As torchvision has it, with its names (`Conv2d_1a_3x3`, `Mixed_5b`, …), which are TensorFlow's.

>>> import torch
>>> model = Inception3(num_classes=10, width=4).eval()
>>> model(torch.zeros(2, 3, 75, 80)).shape
torch.Size([2, 10])

Source: Szegedy et al. 2015, "Rethinking the inception architecture for computer vision", arXiv:1512.00567; the notes, "Inception".
"""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

from torch_ref.models.googlenet import BasicConv2d, as_half_ranges


class _Outputs(NamedTuple):
    """The scores of both heads."""

    logits: torch.Tensor
    aux_logits: torch.Tensor


class Inception3(nn.Module):
    """Five convolutions, three blocks of kind A, four of kind C and two of kind E, with B and D between them that halve the size."""

    def __init__(self, num_classes: int = 1000, aux_logits: bool = True, transform_input: bool = False, dropout: float = 0.5, width: int = 64,
                 in_channels: int = 3) -> None:  # fmt: skip
        super().__init__()
        c = _Scale(width)
        self.aux_logits, self.transform_input = aux_logits, transform_input
        self.Conv2d_1a_3x3 = BasicConv2d(in_channels, c(32), 3, 2)
        self.Conv2d_2a_3x3 = BasicConv2d(c(32), c(32), 3)
        self.Conv2d_2b_3x3 = BasicConv2d(c(32), c(64), 3, 1, 1)
        self.maxpool1 = nn.MaxPool2d(3, 2)
        self.Conv2d_3b_1x1 = BasicConv2d(c(64), c(80), 1)
        self.Conv2d_4a_3x3 = BasicConv2d(c(80), c(192), 3)
        self.maxpool2 = nn.MaxPool2d(3, 2)
        self.Mixed_5b = _A(c(192), c(32), c)
        self.Mixed_5c = _A(c(256), c(64), c)
        self.Mixed_5d = _A(c(288), c(64), c)
        self.Mixed_6a = _B(c(288), c)
        self.Mixed_6b = _C(c(768), c(128), c)
        self.Mixed_6c = _C(c(768), c(160), c)
        self.Mixed_6d = _C(c(768), c(160), c)
        self.Mixed_6e = _C(c(768), c(192), c)
        self.AuxLogits = _Head(c(768), num_classes, c) if aux_logits else None
        self.Mixed_7a = _D(c(768), c)
        self.Mixed_7b = _E(c(1280), c)
        self.Mixed_7c = _E(c(2048), c)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(c(2048), num_classes)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, mean=0.0, std=getattr(module, "std", 0.1), a=-2, b=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor | _Outputs:
        if self.transform_input:
            x = as_half_ranges(x)
        x = self.maxpool1(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = self.maxpool2(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6a(x)
        x6e = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(x))))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x6e)))
        scores = self.fc(torch.flatten(self.dropout(self.avgpool(x)), 1))
        return _Outputs(scores, self.AuxLogits(x6e)) if self.aux_logits and self.training else scores


class _Scale:
    """Channels in proportion to the width."""

    def __init__(self, width: int) -> None:
        self.width = width

    def __call__(self, channels: int) -> int:
        return channels * self.width // 64


class _A(nn.Module):
    """1×1; 5×5; two 3×3; means, 1×1."""

    def __init__(self, in_channels: int, pool_features: int, c: _Scale) -> None:
        super().__init__()
        self.branch1x1 = BasicConv2d(in_channels, c(64), 1)
        self.branch5x5_1 = BasicConv2d(in_channels, c(48), 1)
        self.branch5x5_2 = BasicConv2d(c(48), c(64), 5, 1, 2)
        self.branch3x3dbl_1 = BasicConv2d(in_channels, c(64), 1)
        self.branch3x3dbl_2 = BasicConv2d(c(64), c(96), 3, 1, 1)
        self.branch3x3dbl_3 = BasicConv2d(c(96), c(96), 3, 1, 1)
        self.branch_pool = BasicConv2d(in_channels, pool_features, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y5 = self.branch5x5_2(self.branch5x5_1(x))
        y3 = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(F.avg_pool2d(x, 3, 1, 1))
        return torch.cat([self.branch1x1(x), y5, y3, pooled], 1)


class _B(nn.Module):
    """Halves the size: 3×3; two 3×3; maxima."""

    def __init__(self, in_channels: int, c: _Scale) -> None:
        super().__init__()
        self.branch3x3 = BasicConv2d(in_channels, c(384), 3, 2)
        self.branch3x3dbl_1 = BasicConv2d(in_channels, c(64), 1)
        self.branch3x3dbl_2 = BasicConv2d(c(64), c(96), 3, 1, 1)
        self.branch3x3dbl_3 = BasicConv2d(c(96), c(96), 3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y3 = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), y3, F.max_pool2d(x, 3, 2)], 1)


class _C(nn.Module):
    """1×1; 7×7 as 1×7, 7×1; twice that; means, 1×1."""

    def __init__(self, in_channels: int, c7: int, c: _Scale) -> None:
        super().__init__()
        self.branch1x1 = BasicConv2d(in_channels, c(192), 1)
        self.branch7x7_1 = BasicConv2d(in_channels, c7, 1)
        self.branch7x7_2 = BasicConv2d(c7, c7, (1, 7), 1, (0, 3))
        self.branch7x7_3 = BasicConv2d(c7, c(192), (7, 1), 1, (3, 0))
        self.branch7x7dbl_1 = BasicConv2d(in_channels, c7, 1)
        self.branch7x7dbl_2 = BasicConv2d(c7, c7, (7, 1), 1, (3, 0))
        self.branch7x7dbl_3 = BasicConv2d(c7, c7, (1, 7), 1, (0, 3))
        self.branch7x7dbl_4 = BasicConv2d(c7, c7, (7, 1), 1, (3, 0))
        self.branch7x7dbl_5 = BasicConv2d(c7, c(192), (1, 7), 1, (0, 3))
        self.branch_pool = BasicConv2d(in_channels, c(192), 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y7 = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        twice = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        twice = self.branch7x7dbl_5(self.branch7x7dbl_4(twice))
        pooled = self.branch_pool(F.avg_pool2d(x, 3, 1, 1))
        return torch.cat([self.branch1x1(x), y7, twice, pooled], 1)


class _D(nn.Module):
    """Halves the size: 3×3; 1×7, 7×1, 3×3; maxima."""

    def __init__(self, in_channels: int, c: _Scale) -> None:
        super().__init__()
        self.branch3x3_1 = BasicConv2d(in_channels, c(192), 1)
        self.branch3x3_2 = BasicConv2d(c(192), c(320), 3, 2)
        self.branch7x7x3_1 = BasicConv2d(in_channels, c(192), 1)
        self.branch7x7x3_2 = BasicConv2d(c(192), c(192), (1, 7), 1, (0, 3))
        self.branch7x7x3_3 = BasicConv2d(c(192), c(192), (7, 1), 1, (3, 0))
        self.branch7x7x3_4 = BasicConv2d(c(192), c(192), 3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y3 = self.branch3x3_2(self.branch3x3_1(x))
        y7 = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return torch.cat([y3, y7, F.max_pool2d(x, 3, 2)], 1)


class _E(nn.Module):
    """1×1; 1×3 beside 3×1; 3×3 and then the same; means, 1×1."""

    def __init__(self, in_channels: int, c: _Scale) -> None:
        super().__init__()
        self.branch1x1 = BasicConv2d(in_channels, c(320), 1)
        self.branch3x3_1 = BasicConv2d(in_channels, c(384), 1)
        self.branch3x3_2a = BasicConv2d(c(384), c(384), (1, 3), 1, (0, 1))
        self.branch3x3_2b = BasicConv2d(c(384), c(384), (3, 1), 1, (1, 0))
        self.branch3x3dbl_1 = BasicConv2d(in_channels, c(448), 1)
        self.branch3x3dbl_2 = BasicConv2d(c(448), c(384), 3, 1, 1)
        self.branch3x3dbl_3a = BasicConv2d(c(384), c(384), (1, 3), 1, (0, 1))
        self.branch3x3dbl_3b = BasicConv2d(c(384), c(384), (3, 1), 1, (1, 0))
        self.branch_pool = BasicConv2d(in_channels, c(192), 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.branch3x3_1(x)
        z = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = self.branch_pool(F.avg_pool2d(x, 3, 1, 1))
        return torch.cat([self.branch1x1(x), self.branch3x3_2a(y), self.branch3x3_2b(y), self.branch3x3dbl_3a(z), self.branch3x3dbl_3b(z), pooled], 1)


class _Head(nn.Module):
    """Means over 5×5 with stride 3, 1×1, 5×5 down to one place, a dense layer."""

    def __init__(self, in_channels: int, num_classes: int, c: _Scale) -> None:
        super().__init__()
        self.conv0 = BasicConv2d(in_channels, c(128), 1)
        self.conv1 = BasicConv2d(c(128), c(768), 5)
        self.fc = nn.Linear(c(768), num_classes)
        self.fc.std = 0.001

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(self.conv0(F.avg_pool2d(x, 5, 3)))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))
