r"""Depthwise separable convolution: each channel by its own kernels, then 1×1 across channels.

$$ h_{c\,m + j} = W^\text{depth}_{c\,m + j} * x_c, \qquad y_o = b_o + \sum_k W^\text{point}_{o,k}\, h_k $$

Shapes: input (N, C_in, H, W) or (C_in, H, W), output (N, C_out, H_out, W_out); depthwise (C_in·m, 1, kh, kw), pointwise (C_out, C_in·m, 1, 1), b (C_out,).

>>> import torch
>>> layer = SeparableConv2d(3, 8, 5, depth_multiplier=2)
>>> layer(torch.zeros(1, 3, 9, 9)).shape, sum(p.numel() for p in layer.parameters())
(torch.Size([1, 8, 5, 5]), 206)

Source: Chollet 2017, arXiv:1610.02357 (Xception); Sifre 2014.
"""

import torch
from torch import nn


class SeparableConv2d(nn.Module):
    """A depthwise convolution without bias, then a pointwise one."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        depth_multiplier: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        between = in_channels * depth_multiplier
        self.depthwise = nn.Conv2d(in_channels, between, kernel_size, stride, padding, dilation, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(between, out_channels, 1, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pointwise(self.depthwise(x))
