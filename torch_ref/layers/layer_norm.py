r"""Layer normalisation over the last axes: PyTorch's own layer, the reference.

$$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta $$

Shapes: input and output (…, *normalized_shape); γ and β normalized_shape. The variance is the biased one.

>>> import torch
>>> y = LayerNorm((3, 5))(torch.randn(2, 4, 3, 5) * 7 + 2)
>>> y.mean((-1, -2)).abs().max() < 1e-6, (y.var((-1, -2), correction=0) - 1).abs().max() < 1e-4
(tensor(True), tensor(True))

Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450; the notes, "LayerNorm".
"""

from torch.nn import LayerNorm as LayerNorm
