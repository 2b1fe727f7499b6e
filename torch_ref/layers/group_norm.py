r"""Group normalisation: PyTorch's own layer, the reference.

$$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta $$

over space and groups of neighbouring channels. Shapes: input and output (N, C, *space) or (N, C); γ and β (C,). The variance is the biased one.

>>> import torch
>>> y = GroupNorm(2, 6)(torch.randn(3, 6, 4, 5) * 7 + 2)
>>> y.reshape(3, 2, -1).mean(-1).abs().max() < 1e-6
tensor(True)

Source: Wu and He 2018, arXiv:1803.08494; the notes, "GroupNorm".
"""

from torch.nn import GroupNorm as GroupNorm
