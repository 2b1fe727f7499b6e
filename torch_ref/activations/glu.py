r"""Gated linear unit: PyTorch's own layer, the reference.

$$ y = a\,\sigma(b), \qquad [a, b] = x \text{ halved along dim} $$

Shapes: input (…, 2·n, …), output (…, n, …). `dim` is −1 by default, which for (N, C, H, W) halves the width, not the channels: write dim=1.

>>> import torch
>>> GLU()(torch.tensor([1.0, 2.0, 0.0, 100.0]))
tensor([0.5000, 2.0000])

Source: Dauphin et al. 2016, arXiv:1612.08083.
"""

from torch.nn import GLU as GLU
