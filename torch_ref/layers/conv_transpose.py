r"""Transposed convolution of signals, images and volumes: PyTorch's own layers, the reference.

$$ y_{n,\; o,\; s\,i + d\,u - p,\; s\,j + d\,v - p} \mathrel{+}= W_{c,o,u,v}\; x_{n,c,i,j} \qquad
   H_\text{out} = (H - 1)\,s - 2p + d\,(k - 1) + \text{output\_padding} + 1 $$

Shapes: input (N, C_in, *space) or (C_in, *space), output (N, C_out, *space_out); W (C_in, C_out/groups, *kernel), b (C_out,).

>>> import torch
>>> ConvTranspose2d(3, 2, 3, stride=2, padding=1, output_padding=1)(torch.zeros(1, 3, 5, 6)).shape
torch.Size([1, 2, 10, 12])

Source: Zeiler et al. 2010; Dumoulin and Visin 2016, arXiv:1603.07285; the notes, "ConvTranspose2d".
"""

from torch.nn import ConvTranspose1d as ConvTranspose1d
from torch.nn import ConvTranspose2d as ConvTranspose2d
from torch.nn import ConvTranspose3d as ConvTranspose3d
