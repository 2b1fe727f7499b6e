r"""Absolute error: PyTorch's own loss, the reference.

$$ \ell_i = |x_i - t_i| $$

Shapes: input and target alike, any number of axes. The gradient is ±1, and 0 where they are equal.

>>> import torch
>>> L1Loss()(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 4.0, 3.0]))
tensor(1.)

Source: torch.nn.L1Loss's documentation.
"""

from torch.nn import L1Loss as L1Loss
