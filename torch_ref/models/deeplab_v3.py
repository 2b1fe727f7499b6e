r"""DeepLab v3: dilated ResNet with a multi-grid, and a pyramid of rates beside the mean of the whole image, all under batch norm.

Shapes: input (N, C, H, W) from 1×1 on; {"out": (N, num_classes, H, W)} scores, interpolated, with `aux_loss` also {"aux": scores of stage 3}.

| ResNet-50, 21 classes | parameters | multiply-adds | receptive field |
|---|---|---|---|
| stride 8, with aux, 520×520 | 42,004,074 | 178.722 G | the image |
| stride 16, multi-grid, 513×513 | 39,638,869 | 51.078 G | the image |

`multi_grid=(1, 2, 4)` with a stride of 16 is the paper's: the last stage's blocks are dilated by 2, 4 and 8. None is torchvision's: all by the same, and
the first by half of it. At a stride of 8 the rates double: 12, 24, 36.
Names are torchvision's; without `multi_grid` its checkpoints load with strict=True.

>>> import torch
>>> net = DeepLabV3(layers=(1, 1, 1, 3), width=4, output_stride=16, multi_grid=(1, 2, 4), hidden=8).eval()
>>> net(torch.zeros(1, 3, 33, 20))["out"].shape, [block.conv2.dilation[0] for block in net.backbone.layer4]
(torch.Size([1, 21, 33, 20]), [2, 4, 8])

Source: Chen, Papandreou, Schroff and Adam 2017, arXiv:1706.05587; the notes, "DeepLab V3".
"""

from collections.abc import Sequence

import torch
from torch import nn

from torch_ref.models._segmentation import ASPP, DilatedResNet, conv_norm_relu, fcn_head, resized
from torch_ref.models.resnet import ResNetBackbone


class DeepLabV3(nn.Module):
    """`backbone`, ASPP with image-level features, a 3×3 convolution, scores."""

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 6, 3), width: int = 64, in_channels: int = 3, output_stride: int = 8,
                 multi_grid: Sequence[int] | None = None, atrous_rates: Sequence[int] | None = None, hidden: int = 256, aux_loss: bool = False,
                 dropout: float = 0.1, aspp_dropout: float = 0.5) -> None:  # fmt: skip
        super().__init__()
        if output_stride not in (8, 16):
            raise ValueError(f"output_stride must be 8 or 16, got {output_stride}")
        if multi_grid is None:
            replace = (False, output_stride == 8, True)
            self.backbone = ResNetBackbone("bottleneck", layers, width, in_channels, replace_stride_with_dilation=replace)
        else:
            self.backbone = DilatedResNet(layers, width, in_channels, output_stride, multi_grid)
        rates = atrous_rates or ((12, 24, 36) if output_stride == 8 else (6, 12, 18))
        pyramid = ASPP(32 * width, rates, hidden, aspp_dropout)
        self.classifier = nn.Sequential(pyramid, *conv_norm_relu(hidden, hidden, 3), nn.Conv2d(hidden, num_classes, 1))
        self.aux_classifier = fcn_head(16 * width, num_classes, dropout) if aux_loss else None

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        _, _, c4, c5 = self.backbone(x)
        outputs = {"out": resized(self.classifier(c5), x.shape[2:])}
        if self.aux_classifier is not None:
            outputs["aux"] = resized(self.aux_classifier(c4), x.shape[2:])
        return outputs
