r"""Maximum unpooling: PyTorch's own layers, the reference.

$$ y_{n, c, \text{indices}_{n,c,i,j}} = x_{n,c,i,j}, \qquad 0 \text{ elsewhere} $$

Shapes: input and indices (N, C, *space) or (C, *space), output (N, C, *space_out).

>>> import torch
>>> x = torch.tensor([[[[1.0, 2.0], [4.0, 3.0]]]])
>>> MaxUnpool2d(2)(*torch.nn.MaxPool2d(2, return_indices=True)(x)).tolist()
[[[[0.0, 0.0], [4.0, 0.0]]]]

Source: Zeiler and Fergus 2014, arXiv:1311.2901; the notes, "MaxUnpool2d".
"""

from torch.nn import MaxUnpool1d as MaxUnpool1d
from torch.nn import MaxUnpool2d as MaxUnpool2d
from torch.nn import MaxUnpool3d as MaxUnpool3d
