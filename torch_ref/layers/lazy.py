r"""Layers that learn the number of their input channels or features from the first input: PyTorch's own modules, the reference.

$$ y = x W^\top + b, \qquad W \in \mathbb{R}^{\text{out} \times \text{in}}, \quad \text{in from the first } x $$

Shapes: as the layer without "Lazy", which the object becomes at its first call.
Before that its parameters have no shape; `state_dict`, counting and initialising have to wait for a first ("dry") call.
`LazyInstanceNorm*d` have `affine=True` and `track_running_stats=True`, unlike `InstanceNorm*d` and unlike what their documentation says (torch 2.13).

>>> import torch
>>> layer = LazyLinear(4)
>>> layer.weight
<UninitializedParameter>
>>> layer(torch.ones(2, 3)).shape, layer
(torch.Size([2, 4]), Linear(in_features=3, out_features=4, bias=True))

Source: PyTorch's `torch.nn.modules.lazy`.
"""

from torch.nn import LazyBatchNorm1d as LazyBatchNorm1d
from torch.nn import LazyBatchNorm2d as LazyBatchNorm2d
from torch.nn import LazyBatchNorm3d as LazyBatchNorm3d
from torch.nn import LazyConv1d as LazyConv1d
from torch.nn import LazyConv2d as LazyConv2d
from torch.nn import LazyConv3d as LazyConv3d
from torch.nn import LazyConvTranspose1d as LazyConvTranspose1d
from torch.nn import LazyConvTranspose2d as LazyConvTranspose2d
from torch.nn import LazyConvTranspose3d as LazyConvTranspose3d
from torch.nn import LazyInstanceNorm1d as LazyInstanceNorm1d
from torch.nn import LazyInstanceNorm2d as LazyInstanceNorm2d
from torch.nn import LazyInstanceNorm3d as LazyInstanceNorm3d
from torch.nn import LazyLinear as LazyLinear
