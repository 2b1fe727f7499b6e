r"""Sigmoid linear unit, also known as swish: PyTorch's own layer, the reference.

$$ y = x\,\sigma(x) $$

Shapes: input and output alike, any number of axes.

>>> import torch
>>> SiLU()(torch.tensor([-1.0, 0.0, 1.0]))
tensor([-0.2689,  0.0000,  0.7311])

Source: Elfwing et al. 2017, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941.
"""

from torch.nn import SiLU as SiLU
