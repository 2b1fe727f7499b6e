r"""A smooth, self-gated activation: PyTorch's own layer, the reference.

$$ y = x \tanh(\log(1 + e^x)) $$

Shapes: input and output alike, any number of axes.

>>> import torch
>>> Mish()(torch.tensor([-1.0, 0.0, 1.0]))
tensor([-0.3034,  0.0000,  0.8651])

Source: Misra 2019, arXiv:1908.08681.
"""

from torch.nn import Mish as Mish
