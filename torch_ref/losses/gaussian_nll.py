r"""Negative log likelihood under a normal distribution whose variance is predicted too: PyTorch's own loss, the reference.

$$ \ell = \tfrac12\Bigl(\log v + \frac{(x - t)^2}{v}\Bigr) \; \bigl(+ \tfrac12 \log 2\pi\bigr), \qquad v = \max(\text{var}, \epsilon) $$

Shapes: input and target (…, D); var alike, with one axis of size 1, or without the last axis.

>>> import torch
>>> GaussianNLLLoss()(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 4.0]), torch.tensor([1.0, 4.0]))
tensor(0.5966)

Source: Nix and Weigend 1994.
"""

from torch.nn import GaussianNLLLoss as GaussianNLLLoss
