r"""DeepLab v3+: DeepLab v3 as an encoder, and a decoder that joins its features, four times as large, with those of stage 1.

Shapes: input (N, C, H, W) from 1×1 on, output (N, num_classes, H, W) scores, interpolated.

| | parameters | multiply-adds at 513×513 | receptive field |
|---|---|---|---|
| ResNet-101, stride 16, 21 classes | 59,344,309 | 92.820 G | the image |
| separable | 45,674,853 | 60.176 G | the image |

`separable`: the 3×3 convolutions of pyramid and decoder work on each channel by itself before they mix them, as in the paper's Xception model. (The backbone
stays ResNet; the paper has both.) Names are those of the PyTorch port most used (VainF's), whose decoder has one 3×3 convolution: `decoder_layers=1`.

>>> import torch
>>> net = DeepLabV3Plus(layers=(1, 1, 1, 1), width=4, hidden=8, low=4).eval()
>>> net(torch.zeros(1, 3, 33, 20)).shape
torch.Size([1, 21, 33, 20])

Source: Chen, Zhu, Papandreou, Schroff and Adam 2018, arXiv:1802.02611.
"""

from collections.abc import Sequence

import torch
from torch import nn

from torch_ref.models._segmentation import ASPP, conv_norm_relu, resized
from torch_ref.models.resnet import ResNetBackbone


class DeepLabV3Plus(nn.Module):
    """`backbone`, then in `classifier` the pyramid, the projection of stage 1, and the convolutions on both."""

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 23, 3), width: int = 64, in_channels: int = 3, output_stride: int = 16,
                 atrous_rates: Sequence[int] | None = None, hidden: int = 256, low: int = 48, decoder_layers: int = 2, separable: bool = False,
                 dropout: float = 0.1) -> None:  # fmt: skip
        super().__init__()
        if output_stride not in (8, 16):
            raise ValueError(f"output_stride must be 8 or 16, got {output_stride}")
        replace = (False, output_stride == 8, True)
        self.backbone = ResNetBackbone("bottleneck", layers, width, in_channels, replace_stride_with_dilation=replace)
        rates = atrous_rates or ((12, 24, 36) if output_stride == 8 else (6, 12, 18))
        self.classifier = _Decoder(32 * width, 4 * width, num_classes, rates, hidden, low, decoder_layers, separable, dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        c2, _, _, c5 = self.backbone(x)
        return resized(self.classifier(c5, c2), x.shape[2:])


class _Decoder(nn.Module):
    def __init__(self, in_channels: int, low_channels: int, num_classes: int, rates: Sequence[int], hidden: int, low: int, layers: int, separable: bool,
                 dropout: float) -> None:  # fmt: skip
        super().__init__()
        self.project = nn.Sequential(*conv_norm_relu(low_channels, low, 1))
        self.aspp = ASPP(in_channels, rates, hidden, dropout, separable)
        refined = [layer for i in range(layers) for layer in conv_norm_relu(hidden if i else low + hidden, hidden, 3, separable=separable)]
        self.classifier = nn.Sequential(*refined, nn.Conv2d(hidden, num_classes, 1))

    def forward(self, features: torch.Tensor, low_level: torch.Tensor) -> torch.Tensor:
        fine = self.project(low_level)
        return self.classifier(torch.cat([fine, resized(self.aspp(features), fine.shape[2:])], dim=1))
