r"""Resizing of signals, images and volumes: PyTorch's own layers, the reference.

$$ x_\text{source} = \frac{n}{m}\Bigl(i + \tfrac12\Bigr) - \tfrac12 \qquad \text{align\_corners: } x_\text{source} = \frac{n - 1}{m - 1}\, i $$

Shapes: input (N, C, *space), output (N, C, *size).

>>> import torch
>>> x = torch.tensor([[[0.0, 4.0]]])
>>> [Upsample(4, mode="linear", align_corners=aligned)(x)[0, 0].tolist() for aligned in (False, True)]
[[0.0, 1.0, 3.0, 4.0], [0.0, 1.3333333730697632, 2.6666667461395264, 4.0]]

Source: Keys 1981 for the cubic kernel; the notes, "upsampling".
"""

from torch.nn import Upsample as Upsample
from torch.nn import UpsamplingBilinear2d as UpsamplingBilinear2d
from torch.nn import UpsamplingNearest2d as UpsamplingNearest2d
