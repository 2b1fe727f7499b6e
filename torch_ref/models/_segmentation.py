"""What networks that label every pixel share."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

from torch_ref.models.resnet import Bottleneck


def resized(x: torch.Tensor, size: Sequence[int], align_corners: bool = False) -> torch.Tensor:
    """Bilinear, to a height and width."""
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=align_corners)


def conv_norm_relu(in_channels: int, out_channels: int, size: int, stride: int = 1, dilation: int = 1, separable: bool = False) -> list[nn.Module]:
    """A convolution without bias that keeps the size (divided by the stride), its batch norm and a ReLU."""
    padding = dilation * (size // 2)
    if separable:
        conv = AtrousSeparable(in_channels, out_channels, size, padding, dilation)
    else:
        conv = nn.Conv2d(in_channels, out_channels, size, stride, padding, dilation, bias=False)
    return [conv, nn.BatchNorm2d(out_channels), nn.ReLU(inplace=True)]


class AtrousSeparable(nn.Module):
    """Each channel by itself, dilated; then 1×1."""

    def __init__(self, in_channels: int, out_channels: int, size: int, padding: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, in_channels, size, padding=padding, dilation=dilation, groups=in_channels, bias=False),
            nn.Conv2d(in_channels, out_channels, 1, bias=False),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x)


def fcn_head(in_channels: int, num_classes: int, dropout: float) -> nn.Sequential:
    """torchvision's: 3×3 to a quarter of the channels, then scores."""
    hidden = in_channels // 4
    return nn.Sequential(*conv_norm_relu(in_channels, hidden, 3), nn.Dropout(dropout), nn.Conv2d(hidden, num_classes, 1))


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: 1×1, 3×3 at each rate and the mean of the whole image side by side, then 1×1; torchvision's names."""

    def __init__(self, in_channels: int, rates: Sequence[int], channels: int, dropout: float, separable: bool = False) -> None:
        super().__init__()
        pyramid = [nn.Sequential(*conv_norm_relu(in_channels, channels, 3, dilation=rate, separable=separable)) for rate in rates]
        image_level = nn.Sequential(nn.AdaptiveAvgPool2d(1), *conv_norm_relu(in_channels, channels, 1))
        self.convs = nn.ModuleList([nn.Sequential(*conv_norm_relu(in_channels, channels, 1)), *pyramid, image_level])
        self.project = nn.Sequential(*conv_norm_relu(len(self.convs) * channels, channels, 1), nn.Dropout(dropout))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        *branches, image_level = (conv(x) for conv in self.convs)
        return self.project(torch.cat([*branches, resized(image_level, x.shape[2:])], dim=1))


class DilatedResNet(nn.Module):
    """ResNet of bottlenecks that keeps a stride of 8 or 16: where a stage would halve the size, all its blocks are dilated instead, as in the DeepLab papers.

    (`ResNetBackbone(replace_stride_with_dilation=…)`, torchvision's, leaves the first block of such a stage at the dilation before: what a strided block sees.)
    `multi_grid`: each block of the last stage multiplies the dilation by its own factor.
    """

    def __init__(self, layers: Sequence[int], width: int, in_channels: int, output_stride: int, multi_grid: Sequence[int] | None = None) -> None:
        super().__init__()
        if output_stride not in (8, 16):
            raise ValueError(f"output_stride must be 8 or 16, got {output_stride}")
        if multi_grid is not None and len(multi_grid) != layers[3]:
            raise ValueError(f"multi_grid must have a factor for each of the last stage's {layers[3]} blocks, got {tuple(multi_grid)}")
        self.conv1 = nn.Conv2d(in_channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        last = 32 // output_stride
        self.layer1 = dilated_stage(width, width, [1] * layers[0])
        self.layer2 = dilated_stage(4 * width, 2 * width, [1] * layers[1], stride=2)
        self.layer3 = dilated_stage(8 * width, 4 * width, [last // 2] * layers[2], stride=3 - last // 2)
        self.layer4 = dilated_stage(16 * width, 8 * width, [last * factor for factor in multi_grid or [1] * layers[3]])

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        c2 = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(x)))))
        c3 = self.layer2(c2)
        c4 = self.layer3(c3)
        return c2, c3, c4, self.layer4(c4)


def dilated_stage(in_channels: int, channels: int, dilations: Sequence[int], stride: int = 1) -> nn.Sequential:
    """A bottleneck for each dilation; the first has the stride."""
    first, *rest = dilations
    return nn.Sequential(Bottleneck(in_channels, channels, stride, first), *(Bottleneck(4 * channels, channels, 1, dilation) for dilation in rest))
