r"""Feature pyramid: every level of a backbone made to see what the coarser ones know.

$$ p_l = \mathrm{conv}_{3×3}(m_l), \qquad m_l = \mathrm{conv}_{1×1}(c_l) + \mathrm{up}(m_{l+1}) $$

Shapes: input c₂ … c₅ as (N, C_l, H_l, W_l), the finest first; output as many maps of `out_channels`, and one more: every second pixel of the last.
up repeats the nearest pixel, to the finer map's own size, odd ones too. `ResNetFPN` is ResNet's four stages with a pyramid on them. Names are torchvision's.

>>> import torch
>>> [tuple(level.shape) for level in FeaturePyramidNetwork((4, 8), 6)((torch.zeros(1, 4, 7, 9), torch.zeros(1, 8, 4, 5)))]
[(1, 6, 7, 9), (1, 6, 4, 5), (1, 6, 2, 3)]

Source: Lin, Dollár, Girshick, He, Hariharan and Belongie 2017, "Feature pyramid networks for object detection", arXiv:1612.03144.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torch_ref.models.resnet import ResNetBackbone


class FeaturePyramidNetwork(nn.Module):
    """1×1 convolutions, sums from coarse to fine, 3×3 convolutions."""

    def __init__(self, in_channels: Sequence[int], out_channels: int) -> None:
        super().__init__()
        self.inner_blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(channels, out_channels, 1)) for channels in in_channels)
        self.layer_blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(out_channels, out_channels, 3, padding=1)) for _ in in_channels)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_uniform_(module.weight, a=1)
                nn.init.zeros_(module.bias)

    def forward(self, features: Sequence[Tensor]) -> tuple[Tensor, ...]:
        if len(features) != len(self.inner_blocks):
            raise ValueError(f"FeaturePyramidNetwork was built for {len(self.inner_blocks)} feature maps, got {len(features)}")
        merged = self.inner_blocks[-1](features[-1])
        levels = [self.layer_blocks[-1](merged)]
        for maps, inner, layer in list(zip(features, self.inner_blocks, self.layer_blocks, strict=True))[-2::-1]:
            lateral = inner(maps)
            merged = lateral + F.interpolate(merged, size=lateral.shape[-2:], mode="nearest")
            levels.insert(0, layer(merged))
        return *levels, F.max_pool2d(levels[-1], 1, 2)


class FrozenBatchNorm2d(nn.Module):
    """Batch normalisation by statistics that never change: four buffers, no parameters. For batches too small to take statistics of."""

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((num_features,), value))

    def forward(self, x: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        return x * scale[:, None, None] + (self.bias - self.running_mean * scale)[:, None, None]

    def _load_from_state_dict(self, state_dict, prefix, *rest) -> None:
        state_dict.pop(f"{prefix}num_batches_tracked", None)  # of a BatchNorm2d that was frozen
        super()._load_from_state_dict(state_dict, prefix, *rest)


class ResNetFPN(nn.Module):
    """ResNet's stages as `body`, the pyramid as `fpn`."""

    def __init__(self, block: str = "bottleneck", layers: Sequence[int] = (3, 4, 6, 3), width: int = 64, in_channels: int = 3,
                 out_channels: int = 256, frozen: bool = True, eps: float = 1e-5) -> None:  # fmt: skip
        super().__init__()
        self.body = ResNetBackbone(block, layers, width, in_channels, norm_layer=lambda channels: _norm(channels, frozen, eps))
        deepest = self.body.out_channels
        self.fpn = FeaturePyramidNetwork((deepest // 8, deepest // 4, deepest // 2, deepest), out_channels)
        self.out_channels = out_channels

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        return self.fpn(self.body(images))


def _norm(channels: int, frozen: bool, eps: float) -> nn.Module:
    return FrozenBatchNorm2d(channels, eps) if frozen else nn.BatchNorm2d(channels, eps)
