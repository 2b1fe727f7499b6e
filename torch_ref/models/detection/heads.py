"""What answers for a box: its class and place, and its mask.

Shapes: box head (K, C, P, P) → (K, representation) → scores (K, classes) and codes (K, classes·4); mask head (K, C, M, M) → (K, classes, 2M, 2M) logits.
Names are torchvision's: `fc6`, `fc7`; `cls_score`, `bbox_pred`; `0.0` … `3.0`; `conv5_mask`, `mask_fcn_logits`.

>>> import torch
>>> boxes, masks = torch.zeros(2, 8, 7, 7), torch.zeros(2, 8, 14, 14)
>>> [tuple(part.shape) for part in FastRCNNPredictor(32, 5)(TwoMLPHead(8 * 7 * 7, 32)(boxes))]
[(2, 5), (2, 20)]
>>> MaskRCNNPredictor(6, 6, 5)(MaskRCNNHeads(8, (6, 6))(masks)).shape
torch.Size([2, 5, 28, 28])

Source: Ren et al. 2015, arXiv:1506.01497; He et al. 2017, arXiv:1703.06870, figure 4, right.
"""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn


class TwoMLPHead(nn.Module):
    """Two fully connected layers with ReLU."""

    def __init__(self, in_channels: int, representation_size: int) -> None:
        super().__init__()
        self.fc6 = nn.Linear(in_channels, representation_size)
        self.fc7 = nn.Linear(representation_size, representation_size)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.flatten(x, 1)
        return torch.relu(self.fc7(torch.relu(self.fc6(x))))


class FastRCNNPredictor(nn.Module):
    """A score for every class, background (0) included, and a box for every class."""

    def __init__(self, in_channels: int, num_classes: int) -> None:
        super().__init__()
        self.cls_score = nn.Linear(in_channels, num_classes)
        self.bbox_pred = nn.Linear(in_channels, num_classes * 4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.cls_score(x), self.bbox_pred(x)


class MaskRCNNHeads(nn.Sequential):
    """3×3 convolutions with ReLU, one for each number of channels."""

    def __init__(self, in_channels: int, layers: Sequence[int]) -> None:
        pairs = zip((in_channels, *layers[:-1]), layers, strict=True)
        super().__init__(*(nn.Sequential(nn.Conv2d(before, after, 3, padding=1), nn.ReLU(inplace=True)) for before, after in pairs))
        _start(self)


class MaskRCNNPredictor(nn.Sequential):
    """Twice the size by a transposed convolution, then a mask for every class."""

    def __init__(self, in_channels: int, dim_reduced: int, num_classes: int) -> None:
        layers = {
            "conv5_mask": nn.ConvTranspose2d(in_channels, dim_reduced, 2, 2),
            "relu": nn.ReLU(inplace=True),
            "mask_fcn_logits": nn.Conv2d(dim_reduced, num_classes, 1),
        }
        super().__init__(OrderedDict(layers))
        _start(self)


def _start(module: nn.Module) -> None:
    for name, parameter in module.named_parameters():
        if name.endswith("weight"):
            nn.init.kaiming_normal_(parameter, mode="fan_out", nonlinearity="relu")
        else:
            nn.init.zeros_(parameter)
