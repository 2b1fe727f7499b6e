r"""Root-mean-square normalisation over the last axes: PyTorch's own layer, the reference.

$$ y = \frac{x}{\sqrt{\operatorname{mean}(x^2) + \epsilon}}\,\gamma $$

Shapes: input and output (…, *normalized_shape); γ normalized_shape.

>>> import torch
>>> RMSNorm(2)(torch.tensor([3.0, 4.0])).square().mean()
tensor(1., grad_fn=<MeanBackward0>)

Source: Zhang and Sennrich 2019, arXiv:1910.07467.
"""

from torch.nn import RMSNorm as RMSNorm
