r"""Instance normalisation of signals, images and volumes: PyTorch's own layers, the reference.

$$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta $$

over the space of each channel of each example. Shapes: input and output (N, C, *space) or (C, *space); γ, β and running statistics (C,).

>>> import torch
>>> y = InstanceNorm2d(3)(torch.randn(2, 3, 4, 5) * 7 + 2)
>>> y.mean((-1, -2)).abs().max() < 1e-6
tensor(True)

Source: Ulyanov et al. 2016, arXiv:1607.08022; the notes, "InstanceNorm".
"""

from torch.nn import InstanceNorm1d as InstanceNorm1d
from torch.nn import InstanceNorm2d as InstanceNorm2d
from torch.nn import InstanceNorm3d as InstanceNorm3d
