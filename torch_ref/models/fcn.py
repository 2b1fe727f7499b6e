r"""Fully convolutional networks: VGG-16 whose dense layers are convolutions, its scores spread to every pixel; and torchvision's on ResNet.

$$ W_{u,v} = \Bigl(1 - \tfrac{|u - c|}{f}\Bigr)\Bigl(1 - \tfrac{|v - c|}{f}\Bigr),\quad f = \lceil k/2 \rceil,\quad c = f - \tfrac12 \text{ (k even)} $$

is what each transposed convolution starts from: bilinear interpolation, class by class.

Shapes: input (N, C, H, W) from 1×1 on, output (N, num_classes, H, W) scores; `FCNResNet` returns {"out": scores} and with `aux_loss` {"aux": scores}.
The first convolution pads by 100, so that `fc6`, 7×7 without padding, has room however small the image; each score map is cut where it
lies over the image: by 19, 27 and 31 pixels at the end, by 5 and 9 at pool 4 and pool 3.

| 21 classes | parameters | multiply-adds | receptive field |
|---|---|---|---|
| FCN-32s, 500×500 | 136,152,917 | 181.366 G | 404 |
| FCN-16s | 134,815,994 | 181.448 G | 404 and pool 4's |
| FCN-8s | 134,489,759 | 181.529 G | 404 and those of pools 3 and 4 |
| FCNResNet-50 with aux, 520×520 | 35,322,218 | 152.717 G | 443 |

The fields are those of a score before it is spread; a pixel of FCN-8s sees up to 468. `fc6` alone holds 102.8 M.
Names are those of the Caffe models and of pytorch-fcn's checkpoints; of `FCNResNet`, torchvision's.
The paper adds pool 4 and pool 3 as they are (later "at once": scaled by 0.01 and 0.0001); its last layer stays bilinear, here it is learned like the others.

>>> import torch
>>> net = FCN8s(width=4, hidden=8)
>>> net(torch.zeros(1, 3, 33, 20)).shape, net.upscore2.weight[0, 0, 0]
(torch.Size([1, 21, 33, 20]), tensor([0.0625, 0.1875, 0.1875, 0.0625], grad_fn=<SelectBackward0>))

Source: Long, Shelhamer and Darrell 2014, arXiv:1411.4038; Shelhamer et al. 2016, arXiv:1605.06211; the notes, "FCN".
"""

from collections.abc import Sequence

import torch
from torch import nn

from torch_ref.models._segmentation import fcn_head, resized
from torch_ref.models._vgg_body import VGGBody
from torch_ref.models.resnet import ResNetBackbone


class FCN32s(VGGBody):
    """Scores at a stride of 32, spread at once."""

    def __init__(self, num_classes: int = 21, in_channels: int = 3, width: int = 64, hidden: int = 4096, layers: Sequence[int] = (2, 2, 3, 3, 3),
                 dropout: float = 0.5) -> None:  # fmt: skip
        super().__init__(in_channels, width, layers, first_padding=100)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.fc6 = nn.Conv2d(self.widths[-1], hidden, 7)
        self.drop6 = nn.Dropout2d(dropout)
        self.fc7 = nn.Conv2d(hidden, hidden, 1)
        self.drop7 = nn.Dropout2d(dropout)
        self.score_fr = _score(hidden, num_classes)
        self._add_upscores(num_classes)

    def _add_upscores(self, num_classes: int) -> None:
        self.upscore = _spread(num_classes, 64, 32)

    def pools(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """The outputs of pool 3, 4 and 5."""
        outputs = []
        for number in range(1, 6):
            x = self.pool(self.stage(x, number))
            outputs.append(x)
        return tuple(outputs[2:])

    def scores(self, pool5: torch.Tensor) -> torch.Tensor:
        """At a stride of 32."""
        y = self.drop6(torch.relu(self.fc6(pool5)))
        y = self.drop7(torch.relu(self.fc7(y)))
        return self.score_fr(y)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, _, pool5 = self.pools(x)
        return _cut(self.upscore(self.scores(pool5)), 19, x)


class FCN16s(FCN32s):
    """Scores at a stride of 32 doubled and added to those of pool 4."""

    def _add_upscores(self, num_classes: int) -> None:
        self.score_pool4 = _score(self.widths[3], num_classes)
        self.upscore2 = _spread(num_classes, 4, 2)
        self.upscore16 = _spread(num_classes, 32, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, pool4, pool5 = self.pools(x)
        y = self.upscore2(self.scores(pool5))
        y = y + _cut(self.score_pool4(pool4), 5, y)
        return _cut(self.upscore16(y), 27, x)


class FCN8s(FCN32s):
    """As FCN-16s, doubled once more and added to the scores of pool 3."""

    def _add_upscores(self, num_classes: int) -> None:
        self.score_pool3 = _score(self.widths[2], num_classes)
        self.score_pool4 = _score(self.widths[3], num_classes)
        self.upscore2 = _spread(num_classes, 4, 2)
        self.upscore8 = _spread(num_classes, 16, 8)
        self.upscore_pool4 = _spread(num_classes, 4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pool3, pool4, pool5 = self.pools(x)
        y = self.upscore2(self.scores(pool5))
        y = self.upscore_pool4(y + _cut(self.score_pool4(pool4), 5, y))
        y = y + _cut(self.score_pool3(pool3), 9, y)
        return _cut(self.upscore8(y), 31, x)


class FCNResNet(nn.Module):
    """torchvision's: ResNet at a stride of 8, a 3×3 convolution, scores, bilinear interpolation; the auxiliary scores come from stage 3."""

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 6, 3), width: int = 64, in_channels: int = 3, aux_loss: bool = False,
                 dropout: float = 0.1) -> None:  # fmt: skip
        super().__init__()
        self.backbone = ResNetBackbone("bottleneck", layers, width, in_channels, replace_stride_with_dilation=(False, True, True))
        self.classifier = fcn_head(32 * width, num_classes, dropout)
        self.aux_classifier = fcn_head(16 * width, num_classes, dropout) if aux_loss else None

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        _, _, c4, c5 = self.backbone(x)
        outputs = {"out": resized(self.classifier(c5), x.shape[2:])}
        if self.aux_classifier is not None:
            outputs["aux"] = resized(self.aux_classifier(c4), x.shape[2:])
        return outputs


def _score(in_channels: int, num_classes: int) -> nn.Conv2d:
    layer = nn.Conv2d(in_channels, num_classes, 1)
    nn.init.zeros_(layer.weight)  # so that a finer stride starts from the coarser one's answer
    nn.init.zeros_(layer.bias)
    return layer


def _spread(num_classes: int, size: int, stride: int) -> nn.ConvTranspose2d:
    """Starts as bilinear interpolation of each class by itself."""
    layer = nn.ConvTranspose2d(num_classes, num_classes, size, stride, bias=False)
    factor = (size + 1) // 2
    slope = 1 - (torch.arange(size) - (size - 1) / 2).abs() / factor
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[range(num_classes), range(num_classes)] = slope[:, None] * slope
    return layer


def _cut(x: torch.Tensor, offset: int, like: torch.Tensor) -> torch.Tensor:
    """From `offset` on, as large as the other."""
    return x[:, :, offset : offset + like.shape[2], offset : offset + like.shape[3]]
