r"""Rectified linear units: PyTorch's own layers, the reference.

$$ \mathrm{ReLU}(x) = \max(0, x) \qquad \mathrm{ReLU6}(x) = \min(\max(0, x), 6) $$

Shapes: input and output alike, any number of axes. The gradient is 0 at every kink: at 0, and for ReLU6 at 6.
A unit that is negative for all data has gradient 0 and never moves again (the notes' "Dead ReLU Problem").

>>> import torch
>>> ReLU()(torch.tensor([-2.0, 0.0, 7.0])), ReLU6()(torch.tensor([-2.0, 0.0, 7.0]))
(tensor([0., 0., 7.]), tensor([0., 0., 6.]))

Source: Nair and Hinton 2010; Krizhevsky 2010 (ReLU6); the notes, "激活函数".
"""

from torch.nn import ReLU as ReLU
from torch.nn import ReLU6 as ReLU6
