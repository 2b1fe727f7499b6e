r"""Dropout that keeps mean and variance under SELU: PyTorch's own layers, the reference.

$$ y = a\,(m\,x + (1 - m)\,\alpha') + b, \qquad a = \bigl((1 - p)(1 + p\,\alpha'^2)\bigr)^{-1/2}, \quad b = -a\,p\,\alpha', \quad \alpha' = -1.7581 $$

in training, the identity in evaluation. Shapes: any, unchanged.

>>> import torch
>>> y = AlphaDropout(0.5)(torch.randn(100_000))
>>> y.mean().abs() < 0.02, (y.std() - 1).abs() < 0.02
(tensor(True), tensor(True))

Source: Klambauer et al. 2017, arXiv:1706.02515.
"""

from torch.nn import AlphaDropout as AlphaDropout
from torch.nn import FeatureAlphaDropout as FeatureAlphaDropout
