r"""Hyperbolic tangent and what it leaves over: PyTorch's own layers, the reference.

$$ \tanh x = \frac{e^x - e^{-x}}{e^x + e^{-x}} = 2\sigma(2x) - 1 \qquad \mathrm{Tanhshrink}(x) = x - \tanh x $$

Shapes: input and output alike, any number of axes. The outputs of tanh are centred on 0; its slope is at most 1 and vanishes at both ends.

>>> import torch
>>> Tanh()(torch.tensor([-30.0, 0.0, 0.5])), Tanhshrink()(torch.tensor([-30.0, 0.0, 0.5]))
(tensor([-1.0000,  0.0000,  0.4621]), tensor([-29.0000,   0.0000,   0.0379]))

Source: the notes, "激活函数".
"""

from torch.nn import Tanh as Tanh
from torch.nn import Tanhshrink as Tanhshrink
