r"""Power-average pooling: PyTorch's own layers, the reference.

$$ y = \Bigl( \sum_{\text{window}} x^p \Bigr)^{1/p} $$

Shapes: input (N, C, *space) or (C, *space), output (N, C, *space_out).

>>> import torch
>>> LPPool2d(2, 2)(torch.tensor([[[[1.0, 2.0], [2.0, 4.0]]]])).item()
5.0

Source: Gulcehre et al. 2014, arXiv:1311.1780; PyTorch's documentation.
"""

from torch.nn import LPPool1d as LPPool1d
from torch.nn import LPPool2d as LPPool2d
from torch.nn import LPPool3d as LPPool3d
