r"""Pooling to a given size: PyTorch's own layers, the reference.

$$ y_i = \operatorname{mean}\text{ or }\max\; x_{\lfloor i n / m \rfloor \;\dots\; \lceil (i + 1) n / m \rceil - 1} $$

Shapes: input (N, C, *space) or (C, *space), output (N, C, *output_size). Windows overlap where m does not divide n.

>>> import torch
>>> AdaptiveAvgPool1d(2)(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0]])).tolist()
[[2.0, 4.0]]

Source: He et al. 2014, arXiv:1406.4729 (pyramid pooling); PyTorch's documentation.
"""

from torch.nn import AdaptiveAvgPool1d as AdaptiveAvgPool1d
from torch.nn import AdaptiveAvgPool2d as AdaptiveAvgPool2d
from torch.nn import AdaptiveAvgPool3d as AdaptiveAvgPool3d
from torch.nn import AdaptiveMaxPool1d as AdaptiveMaxPool1d
from torch.nn import AdaptiveMaxPool2d as AdaptiveMaxPool2d
from torch.nn import AdaptiveMaxPool3d as AdaptiveMaxPool3d
