r"""ConvNeXt: a convolutional network drawn like a transformer: wide depthwise kernels, layer normalisation, GELU, few activations.

$$ z' = z + \mathrm{drop}\bigl(\lambda \odot (W_2\, \mathrm{GELU}(W_1\, \mathrm{LN}(W_{7 \times 7} * z) + b_1) + b_2)\bigr) $$

λ, the layer scale, is one number a channel that starts at 1e-6: every block begins as the identity.

Shapes: input (N, 3, H, W), output (N, num_classes) scores. The stem divides H and W by 4, each of the three downsamplings by 2, rounding down: the smallest
input is 32×32. Names are torchvision's, whose checkpoints load with `strict=True`; `block_setting` has (channels, channels of the next stage or None, blocks).
`kept`, if given in training: (blocks, N) booleans, which examples keep each block's branch.

| | blocks | width | parameters | multiply-adds at 224 |
|---|---|---|---|---|
| ConvNeXt-T | 3, 3, 9, 3 | 96 | 28,589,128 | 4.46 G |
| ConvNeXt-S | 3, 3, 27, 3 | 96 | 50,223,688 | 8.68 G |
| ConvNeXt-B | 3, 3, 27, 3 | 128 | 88,591,464 | 15.35 G |
| ConvNeXt-L | 3, 3, 27, 3 | 192 | 197,767,336 | 34.36 G |

>>> import torch
>>> net = ConvNeXt([(4, 6, 1), (6, 8, 1), (8, 10, 2), (10, None, 1)], num_classes=5)
>>> net(torch.rand(2, 3, 32, 43)).shape, net.features[1][0].layer_scale.shape
(torch.Size([2, 5]), torch.Size([4, 1, 1]))

Source: Liu et al. 2022, arXiv:2201.03545; torchvision 0.28, `models/convnext.py`; the notes name it among the base models.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from torch_ref.layers.stochastic_depth import StochasticDepth


class LayerNorm2d(nn.LayerNorm):
    """Normalises the channels of each pixel of (N, C, H, W)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class _Permute(nn.Module):
    def __init__(self, *dims: int) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(self.dims)


class CNBlock(nn.Module):
    """Depthwise 7×7, normalisation, a perceptron over the channels, scaled and added to the input."""

    def __init__(self, dim: int, layer_scale: float, stochastic_depth_prob: float) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(dim, dim, 7, padding=3, groups=dim),
            _Permute(0, 2, 3, 1),
            nn.LayerNorm(dim, eps=1e-6),
            nn.Linear(dim, 4 * dim),
            nn.GELU(),
            nn.Linear(4 * dim, dim),
            _Permute(0, 3, 1, 2),
        )
        self.layer_scale = nn.Parameter(torch.ones(dim, 1, 1) * layer_scale)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")

    def forward(self, x: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        return self.stochastic_depth(self.layer_scale * self.block(x), kept) + x


class ConvNeXt(nn.Module):
    """A stem of patches, four stages of blocks with downsamplings between, the mean over all pixels, a linear map."""

    def __init__(self, block_setting: Sequence[tuple[int, int | None, int]], stochastic_depth_prob: float = 0.0, layer_scale: float = 1e-6,
                 num_classes: int = 1000, in_channels: int = 3) -> None:  # fmt: skip
        super().__init__()
        stem = block_setting[0][0]
        stages: list[nn.Module] = [nn.Sequential(nn.Conv2d(in_channels, stem, 4, 4), LayerNorm2d(stem, eps=1e-6))]
        block, last = 0, max(sum(blocks for _, _, blocks in block_setting) - 1, 1)
        for dim, following, blocks in block_setting:
            stages.append(nn.Sequential(*(CNBlock(dim, layer_scale, stochastic_depth_prob * (block + i) / last) for i in range(blocks))))
            block += blocks
            if following is not None:
                stages.append(nn.Sequential(LayerNorm2d(dim, eps=1e-6), nn.Conv2d(dim, following, 2, 2)))
        self.features = nn.Sequential(*stages)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(LayerNorm2d(dim, eps=1e-6), nn.Flatten(1), nn.Linear(dim, num_classes))
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        branch = 0
        for stage in self.features:
            for layer in stage:
                if isinstance(layer, CNBlock):
                    x = layer(x, None if kept is None else kept[branch])
                    branch += 1
                else:
                    x = layer(x)
        return self.classifier(self.avgpool(x))


def convnext_tiny(**kwargs) -> ConvNeXt:
    """ConvNeXt-T; keywords are the constructor's."""
    setting = [(96, 192, 3), (192, 384, 3), (384, 768, 9), (768, None, 3)]
    return ConvNeXt(**{"block_setting": setting, "stochastic_depth_prob": 0.1} | kwargs)


def convnext_small(**kwargs) -> ConvNeXt:
    """ConvNeXt-S."""
    setting = [(96, 192, 3), (192, 384, 3), (384, 768, 27), (768, None, 3)]
    return ConvNeXt(**{"block_setting": setting, "stochastic_depth_prob": 0.4} | kwargs)


def convnext_base(**kwargs) -> ConvNeXt:
    """ConvNeXt-B."""
    setting = [(128, 256, 3), (256, 512, 3), (512, 1024, 27), (1024, None, 3)]
    return ConvNeXt(**{"block_setting": setting, "stochastic_depth_prob": 0.5} | kwargs)


def convnext_large(**kwargs) -> ConvNeXt:
    """ConvNeXt-L."""
    setting = [(192, 384, 3), (384, 768, 3), (768, 1536, 27), (1536, None, 3)]
    return ConvNeXt(**{"block_setting": setting, "stochastic_depth_prob": 0.5} | kwargs)
