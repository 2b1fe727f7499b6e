r"""Values at or below a threshold are replaced: PyTorch's own layer, the reference.

$$ y = \begin{cases} x & x > \text{threshold} \\ \text{value} & \text{else} \end{cases} $$

Shapes: input and output alike, any number of axes. The gradient at the threshold is 0.

>>> import torch
>>> Threshold(1.0, -5.0)(torch.tensor([0.5, 1.0, 1.5]))
tensor([-5.0000, -5.0000,  1.5000])

Source: torch.nn.Threshold's documentation; the ReLU of Torch 7.
"""

from torch.nn import Threshold as Threshold
