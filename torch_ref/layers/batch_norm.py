r"""Batch normalisation of vectors, signals, images and volumes: PyTorch's own layers, the reference.

$$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta $$

Shapes: input and output (N, C), (N, C, L), (N, C, H, W), (N, C, D, H, W); γ, β, running mean and variance (C,).
Training normalises by the batch's biased variance and moves the running one by the unbiased; `eval()` uses the running statistics.

>>> import torch
>>> layer = BatchNorm2d(3)
>>> layer(torch.randn(8, 3, 5, 7) + 4).mean().abs() < 1e-6
tensor(True)

Source: Ioffe and Szegedy 2015, arXiv:1502.03167; the notes, "BatchNorm".
"""

from torch.nn import BatchNorm1d as BatchNorm1d
from torch.nn import BatchNorm2d as BatchNorm2d
from torch.nn import BatchNorm3d as BatchNorm3d
