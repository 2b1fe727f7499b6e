r"""Convolution over signals, images and volumes: PyTorch's own layers, the reference.

$$ y_{n,o,i,j} = b_o + \sum_{c,u,v} W_{o,c,u,v}\; x_{n,\; c,\; s\,i + d\,u - p,\; s\,j + d\,v - p} \qquad
   H_\text{out} = \left\lfloor \frac{H + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1 $$

Shapes: input (N, C_in, *space) or (C_in, *space), output (N, C_out, *space_out); W (C_out, C_in/groups, *kernel), b (C_out,).
It is a cross-correlation: the kernel is not flipped.

>>> import torch
>>> layer = Conv2d(1, 6, kernel_size=5)
>>> layer(torch.zeros(1, 1, 32, 32)).shape, layer.weight.shape
(torch.Size([1, 6, 28, 28]), torch.Size([6, 1, 5, 5]))

Source: LeCun et al. 1989; Dumoulin and Visin 2016, arXiv:1603.07285; the notes, "Conv2d".
"""

from torch.nn import Conv1d as Conv1d
from torch.nn import Conv2d as Conv2d
from torch.nn import Conv3d as Conv3d
