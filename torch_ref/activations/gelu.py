r"""Gaussian error linear unit: PyTorch's own layer, the reference.

$$ y = x\,\Phi(x) = \tfrac{x}{2}\Bigl(1 + \mathrm{erf}\tfrac{x}{\sqrt2}\Bigr) \qquad
   \text{"tanh":}\ y = \tfrac{x}{2}\Bigl(1 + \tanh\bigl(\sqrt{2/\pi}\,(x + 0.044715\,x^3)\bigr)\Bigr) $$

Shapes: input and output alike, any number of axes. The two forms are up to 4.7e-4 apart.

>>> import torch
>>> GELU()(torch.tensor([-1.0, 0.0, 1.0])), GELU(approximate="tanh")(torch.tensor([-1.0, 0.0, 1.0]))
(tensor([-0.1587,  0.0000,  0.8413]), tensor([-0.1588,  0.0000,  0.8412]))

Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
"""

from torch.nn import GELU as GELU
