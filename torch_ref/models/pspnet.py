r"""PSPNet: dilated ResNet, and the means of 1, 4, 9 and 36 regions laid beside its features; an auxiliary score from stage 3 while training.

Shapes: input (N, C, H, W) from 1×1 on; {"out": (N, num_classes, H, W)} scores, interpolated with aligned corners, in training also {"aux": scores of stage 3}.

| | parameters | multiply-adds at 473×473 | receptive field |
|---|---|---|---|
| ResNet-50, 150 classes, with aux | 49,180,908 | 161.875 G | the image |

The multiply-adds are those of evaluation, the auxiliary scores (2.40 M of the parameters) not computed.

Features have 1/8 of the image's size. (The notes say 1/4; that is the size before stage 2.) The loss is that of the scores plus 0.4 times that of the
auxiliary ones: `models.deep_supervision`.
Names are those of the authors' PyTorch code (semseg), whose ResNet starts with three 3×3 convolutions in the place of one 7×7.

>>> import torch
>>> net = PSPNet(layers=(1, 1, 1, 1), width=4, hidden=8)
>>> {name: tuple(scores.shape) for name, scores in net(torch.zeros(2, 3, 33, 20)).items()}
{'out': (2, 21, 33, 20), 'aux': (2, 21, 33, 20)}

Source: Zhao, Shi, Qi, Wang and Jia 2016, arXiv:1612.01105; the notes, "PSPNet".
"""

from collections.abc import Sequence

import torch
from torch import nn

from torch_ref.models._segmentation import conv_norm_relu, dilated_stage, resized


class PyramidPooling(nn.Module):
    """For each bin number, means of bin × bin regions, 1×1 to an equal share of the channels, back to size; joined behind the input."""

    def __init__(self, in_channels: int, bins: Sequence[int] = (1, 2, 3, 6)) -> None:
        super().__init__()
        share = in_channels // len(bins)
        self.features = nn.ModuleList(nn.Sequential(nn.AdaptiveAvgPool2d(count), *conv_norm_relu(in_channels, share, 1)) for count in bins)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, *(resized(feature(x), x.shape[2:], align_corners=True) for feature in self.features)], dim=1)


class PSPNet(nn.Module):
    """`layer0` … `layer4` at a stride of 8, the pyramid, a 3×3 convolution, scores."""

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 6, 3), width: int = 64, in_channels: int = 3,
                 bins: Sequence[int] = (1, 2, 3, 6), hidden: int = 512, dropout: float = 0.1) -> None:  # fmt: skip
        super().__init__()
        stem = [*conv_norm_relu(in_channels, width, 3, 2), *conv_norm_relu(width, width, 3), *conv_norm_relu(width, 2 * width, 3)]
        self.layer0 = nn.Sequential(*stem, nn.MaxPool2d(3, 2, 1))
        self.layer1 = dilated_stage(2 * width, width, [1] * layers[0])
        self.layer2 = dilated_stage(4 * width, 2 * width, [1] * layers[1], stride=2)
        self.layer3 = dilated_stage(8 * width, 4 * width, [2] * layers[2])
        self.layer4 = dilated_stage(16 * width, 8 * width, [4] * layers[3])
        self.ppm = PyramidPooling(32 * width, bins)
        self.cls = _scores(32 * width + 32 * width // len(bins) * len(bins), hidden, num_classes, dropout)
        self.aux = _scores(16 * width, hidden // 2, num_classes, dropout)

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        c4 = self.layer3(self.layer2(self.layer1(self.layer0(x))))
        c5 = self.layer4(c4)
        outputs = {"out": resized(self.cls(self.ppm(c5)), x.shape[2:], align_corners=True)}
        if self.training:
            outputs["aux"] = resized(self.aux(c4), x.shape[2:], align_corners=True)
        return outputs


def _scores(in_channels: int, hidden: int, num_classes: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(*conv_norm_relu(in_channels, hidden, 3), nn.Dropout2d(dropout), nn.Conv2d(hidden, num_classes, 1))
