r"""Piecewise linear and quadratic stand-ins for tanh, sigmoid and swish: PyTorch's own layers, the reference.

$$ \mathrm{Hardtanh}(x) = \min(\max(x, a), b) \qquad \mathrm{Hardsigmoid}(x) = \tfrac16\min(\max(x + 3, 0), 6) \qquad
   \mathrm{Hardswish}(x) = x\,\mathrm{Hardsigmoid}(x) $$

Shapes: input and output alike, any number of axes. At the kinks: Hardtanh and Hardsigmoid have gradient 0; Hardswish 0 at −3 and 1 at 3.

>>> import torch
>>> x = torch.tensor([-4.0, 0.5, 4.0])
>>> Hardtanh(-1.0, 2.0)(x), Hardsigmoid()(x), Hardswish()(x)
(tensor([-1.0000,  0.5000,  2.0000]), tensor([0.0000, 0.5833, 1.0000]), tensor([-0.0000, 0.2917, 4.0000]))

Source: Howard et al. 2019, arXiv:1905.02244 (hard-swish).
"""

from torch.nn import Hardsigmoid as Hardsigmoid
from torch.nn import Hardswish as Hardswish
from torch.nn import Hardtanh as Hardtanh
