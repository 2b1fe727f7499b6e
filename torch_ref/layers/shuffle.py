r"""Moving values between channels and space: PyTorch's own layers, the reference.

$$ y_{c,\; r\,i + u,\; r\,j + v} = x_{c\,r^2 + u\,r + v,\; i,\; j} $$

Shapes: `PixelShuffle` (…, C·r², H, W) → (…, C, H·r, W·r), `PixelUnshuffle` back; `ChannelShuffle` (N, C, *space), unchanged.

>>> import torch
>>> PixelShuffle(2)(torch.arange(4).reshape(4, 1, 1)).tolist()
[[[0, 1], [2, 3]]]
>>> ChannelShuffle(2)(torch.arange(6).reshape(1, 6, 1)).flatten().tolist()
[0, 3, 1, 4, 2, 5]

Source: Shi et al. 2016, arXiv:1609.05158; Zhang et al. 2018, arXiv:1707.01083.
"""

from torch.nn import ChannelShuffle as ChannelShuffle
from torch.nn import PixelShuffle as PixelShuffle
from torch.nn import PixelUnshuffle as PixelUnshuffle
