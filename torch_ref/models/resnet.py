r"""ResNet-18, -34, -50, -101 and -152: blocks that learn what to add to their input.

$$ y = \mathrm{ReLU}\bigl(F(x) + W_s x\bigr) \qquad\text{W_s: the identity, or a 1×1 convolution where the shape changes} $$

Shapes: input (N, C, H, W), output (N, num_classes) scores; the stages divide the size by 4, 8, 16 and 32, rounded up. Any size from 1×1 on.

| | blocks | parameters | multiply-adds at 224×224 | receptive field |
|---|---|---|---|---|
| 18 | basic 2, 2, 2, 2 | 11,689,512 | 1.814 G | 435 |
| 34 | basic 3, 4, 6, 3 | 21,797,672 | 3.664 G | 899 |
| 50 | bottleneck 3, 4, 6, 3 | 25,557,032 | 4.089 G | 427 |
| 101 | bottleneck 3, 4, 23, 3 | 44,549,160 | 7.801 G | 971 |
| 152 | bottleneck 3, 8, 36, 3 | 60,192,808 | 11.514 G | 1451 |

As torchvision has it ("v1.5"): a bottleneck's stride is at its 3×3 convolution, where the paper has it at the first 1×1. Names are torchvision's.

>>> import torch
>>> model = resnet18(num_classes=10)
>>> model(torch.zeros(2, 3, 33, 40)).shape, [tuple(stage.shape[1:]) for stage in model.stages(torch.zeros(2, 3, 33, 40))]
(torch.Size([2, 10]), [(64, 9, 10), (128, 5, 5), (256, 3, 3), (512, 2, 2)])

Source: He, Zhang, Ren and Sun 2015, "Deep residual learning for image recognition", arXiv:1512.03385; the notes, "resnet".
"""

from collections.abc import Callable, Sequence

import torch
from torch import nn

_Norm = Callable[[int], nn.Module]


class BasicBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut."""

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1, dilation: int = 1, norm_layer: _Norm | None = None) -> None:
        super().__init__()
        if dilation > 1:
            raise ValueError(f"a basic block has no dilation, got {dilation}: replace_stride_with_dilation needs bottlenecks")
        norm = norm_layer or nn.BatchNorm2d
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False)
        self.bn1 = norm(channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=False)
        self.bn2 = norm(channels)
        self.downsample = _shortcut(in_channels, channels * self.expansion, stride, norm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """1×1 down to `channels`, 3×3, 1×1 up to four times as many, beside a shortcut."""

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1, dilation: int = 1, norm_layer: _Norm | None = None) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        self.conv1 = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn1 = norm(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, dilation, dilation, bias=False)
        self.bn2 = norm(channels)
        self.conv3 = nn.Conv2d(channels, channels * self.expansion, 1, bias=False)
        self.bn3 = norm(channels * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _shortcut(in_channels, channels * self.expansion, stride, norm)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNetBackbone(nn.Module):
    """ResNet without its head: the outputs of the four stages, for what is built on them."""

    def __init__(self, block: str, layers: Sequence[int], width: int = 64, in_channels: int = 3, zero_init_residual: bool = False,
                 replace_stride_with_dilation: Sequence[bool] | None = None, norm_layer: _Norm | None = None) -> None:  # fmt: skip
        super().__init__()
        kind, norm = _kind(block), norm_layer or nn.BatchNorm2d
        steps = _steps(replace_stride_with_dilation)
        self.conv1 = nn.Conv2d(in_channels, width, 7, 2, 3, bias=False)
        self.bn1 = norm(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = _stage(kind, width, width, layers[0], *steps[0], norm)
        self.layer2 = _stage(kind, width * kind.expansion, 2 * width, layers[1], *steps[1], norm)
        self.layer3 = _stage(kind, 2 * width * kind.expansion, 4 * width, layers[2], *steps[2], norm)
        self.layer4 = _stage(kind, 4 * width * kind.expansion, 8 * width, layers[3], *steps[3], norm)
        self.out_channels = 8 * width * kind.expansion
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif zero_init_residual and isinstance(module, (BasicBlock, Bottleneck)):
                nn.init.zeros_((module.bn3 if isinstance(module, Bottleneck) else module.bn2).weight)

    def stages(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """The outputs of layer1 … layer4."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        c2 = self.layer1(x)
        c3 = self.layer2(c2)
        c4 = self.layer3(c3)
        c5 = self.layer4(c4)
        return c2, c3, c4, c5

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.stages(x)


class ResNet(ResNetBackbone):
    """Convolution 7×7, maxima, four stages of blocks, the mean of each channel, scores."""

    def __init__(self, block: str, layers: Sequence[int], num_classes: int = 1000, width: int = 64, in_channels: int = 3, zero_init_residual: bool = False,
                 replace_stride_with_dilation: Sequence[bool] | None = None, norm_layer: _Norm | None = None) -> None:  # fmt: skip
        super().__init__(block, layers, width, in_channels, zero_init_residual, replace_stride_with_dilation, norm_layer)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(self.out_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.avgpool(self.stages(x)[-1])
        return self.fc(torch.flatten(x, 1))


def resnet18(**options) -> ResNet:
    """Two basic blocks a stage; `options` as `ResNet`'s, so for the others."""
    return ResNet("basic", (2, 2, 2, 2), **options)


def resnet34(**options) -> ResNet:
    """Basic blocks: 3, 4, 6, 3."""
    return ResNet("basic", (3, 4, 6, 3), **options)


def resnet50(**options) -> ResNet:
    """Bottlenecks: 3, 4, 6, 3."""
    return ResNet("bottleneck", (3, 4, 6, 3), **options)


def resnet101(**options) -> ResNet:
    """Bottlenecks: 3, 4, 23, 3."""
    return ResNet("bottleneck", (3, 4, 23, 3), **options)


def resnet152(**options) -> ResNet:
    """Bottlenecks: 3, 8, 36, 3."""
    return ResNet("bottleneck", (3, 8, 36, 3), **options)


def _kind(block: str) -> type[BasicBlock] | type[Bottleneck]:
    kinds = {"basic": BasicBlock, "bottleneck": Bottleneck}
    if block not in kinds:
        raise ValueError(f"block must be one of {tuple(kinds)}, got {block!r}")
    return kinds[block]


def _steps(replace: Sequence[bool] | None) -> list[tuple[int, int, int]]:
    """Of each stage: its stride, the dilation of its first block, and of the others."""
    replace = (False, False, False) if replace is None else tuple(replace)
    if len(replace) != 3:
        raise ValueError(f"replace_stride_with_dilation must be None or three booleans, got {replace}")
    steps, dilation = [(1, 1, 1)], 1
    for instead in replace:
        steps.append((1 if instead else 2, dilation, dilation := dilation * 2 if instead else dilation))
    return steps


def _stage(kind, in_channels: int, channels: int, blocks: int, stride: int, first: int, dilation: int, norm: _Norm) -> nn.Sequential:
    rest = (kind(channels * kind.expansion, channels, 1, dilation, norm) for _ in range(1, blocks))
    return nn.Sequential(kind(in_channels, channels, stride, first, norm), *rest)


def _shortcut(in_channels: int, out_channels: int, stride: int, norm: _Norm) -> nn.Sequential | None:
    if stride == 1 and in_channels == out_channels:
        return None
    return nn.Sequential(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False), norm(out_channels))
