r"""DeepLab v2: ResNet at a stride of 8, atrous spatial pyramid pooling, and an image pyramid whose scores are joined by their maximum.

$$ y = \max_s \Bigl(\sum_r W_r *_{\text{rate } r} F(x_s)\Bigr) $$

Shapes: input (N, C, H, W) from 1×1 on; {"out": (N, num_classes, H, W)} scores, interpolated, in training with several scales also {"scales": their scores}.

| | parameters | multiply-adds at 321×321, one scale | receptive field |
|---|---|---|---|
| ResNet-101, 21 classes | 44,048,532 | 75.296 G | 1403 |

The pyramid is the sum of 3×3 convolutions at rates of 6, 12, 18 and 24. In training each scale is supervised as the joined scores are.
The paper's Caffe ResNet has the stride of a block at its first 1×1 convolution; here it is at the 3×3, as in torchvision.

>>> import torch
>>> net = DeepLabV2(layers=(1, 1, 1, 1), width=4, scales=(1.0, 0.75, 0.5)).eval()
>>> net(torch.zeros(1, 3, 33, 20))["out"].shape
torch.Size([1, 21, 33, 20])

Source: Chen, Papandreou, Kokkinos, Murphy and Yuille 2016, arXiv:1606.00915; the notes, "DeepLab V2".
"""

from collections.abc import Sequence
from functools import reduce

import torch
from torch import nn

from torch_ref.models._segmentation import DilatedResNet, resized


class DeepLabV2(nn.Module):
    """`backbone`, then a convolution for each rate, added up; once for each scale."""

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 23, 3), width: int = 64, in_channels: int = 3,
                 atrous_rates: Sequence[int] = (6, 12, 18, 24), scales: Sequence[float] = (1.0,)) -> None:  # fmt: skip
        super().__init__()
        self.scales = tuple(scales)
        self.backbone = DilatedResNet(layers, width, in_channels, output_stride=8)
        self.classifier = nn.ModuleList(nn.Conv2d(32 * width, num_classes, 3, padding=rate, dilation=rate) for rate in atrous_rates)

    def scores(self, x: torch.Tensor) -> torch.Tensor:
        """At a stride of 8."""
        features = self.backbone(x)[-1]
        return sum(convolution(features) for convolution in self.classifier)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor | tuple[torch.Tensor, ...]]:
        height, width = x.shape[2:]
        scores = [self.scores(resized(x, (max(1, int(height * scale)), max(1, int(width * scale))))) for scale in self.scales]
        scores = [resized(score, scores[0].shape[2:]) for score in scores]
        outputs = {"out": resized(reduce(torch.maximum, scores), (height, width))}
        if self.training and len(scores) > 1:
            outputs["scales"] = tuple(resized(score, (height, width)) for score in scores)
        return outputs
