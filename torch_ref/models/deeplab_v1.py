r"""DeepLab v1 (LargeFOV, multi-scale): VGG-16 whose last two pools keep the size, dilated convolutions behind them, and branches from the image and four pools.

Shapes: input (N, C, H, W) from 1×1 on, output (N, num_classes, H, W) scores, interpolated from a stride of 8 with aligned corners.

| | parameters | multiply-adds at 321×321 | receptive field |
|---|---|---|---|
| 21 classes, multi-scale | 21,711,445 | 52.953 G | 435 |
| one scale: LargeFOV | 20,505,429 | 50.928 G | 435 |

Each branch is a 3×3 convolution whose stride brings it to 1/8 (8, 4, 2, 1, 1) and a 1×1 one, 128 channels each; they are joined to the last
features before the scores.
`fc6` is VGG's first dense layer cut down to 3×3 with a dilation of 12: it spans 25×25 features with 4.7 M weights, VGG's 7×7 with 102.8 M.
Names are those of the Caffe model. The fully connected CRF behind it is `models.dense_crf`: `DenseCRF()(net(x), images)` with colours of 0 … 255.

>>> import torch
>>> DeepLabV1(width=4, hidden=8, branch=4)(torch.zeros(1, 3, 33, 20)).shape
torch.Size([1, 21, 33, 20])

Source: Chen, Papandreou, Kokkinos, Murphy and Yuille 2014, arXiv:1412.7062; the notes, "DeepLab V1".
"""

from collections.abc import Sequence

import torch
from torch import nn

from torch_ref.models._segmentation import resized
from torch_ref.models._vgg_body import VGGBody


class DeepLabV1(VGGBody):
    """Five stages, `fc6` and `fc7`, with `multi_scale` five branches beside them, scores."""

    def __init__(self, num_classes: int = 21, in_channels: int = 3, width: int = 64, hidden: int = 1024, branch: int = 128,
                 layers: Sequence[int] = (2, 2, 3, 3, 3), dropout: float = 0.5, multi_scale: bool = True) -> None:  # fmt: skip
        super().__init__(in_channels, width, layers, last_dilation=2)
        self.pool_down = nn.MaxPool2d(3, 2, 1)  # after stages 1, 2 and 3
        self.pool_on = nn.MaxPool2d(3, 1, 1)  # after 4 and 5
        self.pool5a = nn.AvgPool2d(3, 1, 1)
        self.fc6 = nn.Conv2d(self.widths[-1], hidden, 3, padding=12, dilation=12)
        self.drop6 = nn.Dropout(dropout)
        self.fc7 = nn.Conv2d(hidden, hidden, 1)
        self.drop7 = nn.Dropout(dropout)
        sources = list(zip([in_channels, *self.widths[:4]], (8, 4, 2, 1, 1), strict=True)) if multi_scale else []
        self.branches = nn.ModuleList(_branch(channels, branch, stride) for channels, stride in sources)
        self.fc8 = nn.Conv2d(hidden + len(sources) * branch, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        size, sources = x.shape[2:], [x]
        for number in range(1, 6):
            x = self.stage(x, number)
            x = self.pool_down(x) if number < 4 else self.pool_on(x)
            sources.append(x)
        y = self.drop6(torch.relu(self.fc6(self.pool5a(x))))
        y = self.drop7(torch.relu(self.fc7(y)))
        beside = [branch(source) for branch, source in zip(self.branches, sources, strict=False)]  # not pool 5
        return resized(self.fc8(torch.cat([y, *beside], dim=1)), size, align_corners=True)


def _branch(in_channels: int, channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(in_channels, channels, 3, stride, 1), nn.ReLU(inplace=True), nn.Conv2d(channels, channels, 1), nn.ReLU(inplace=True))
