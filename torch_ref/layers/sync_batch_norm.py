r"""Batch normalisation by the statistics of all processes' batches: PyTorch's own layer, the reference.

$$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta, \qquad \mathrm{E},\ \mathrm{Var}\ \text{over all processes} $$

Shapes: input and output (N, C, …); γ, β, running mean and variance (C,). In one process it is plain batch normalisation; it synchronises on GPUs only.

>>> import torch
>>> layer, plain, x = SyncBatchNorm(3), torch.nn.BatchNorm2d(3), torch.randn(8, 3, 5, 7)
>>> torch.equal(layer(x), plain(x)), torch.equal(layer.running_var, plain.running_var)
(True, True)

Source: Ioffe and Szegedy 2015, arXiv:1502.03167; PyTorch's documentation, "SyncBatchNorm".
"""

from torch.nn import SyncBatchNorm as SyncBatchNorm
