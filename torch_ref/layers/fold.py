r"""Windows as columns and back: PyTorch's own layers, the reference.

$$ y_{n,\; c\,k^2 + u\,k + v,\; l} = x_{n,\; c,\; s\,i + d\,u - p,\; s\,j + d\,v - p}, \qquad l = i\,W_\text{out} + j $$

Shapes: `Unfold` (N, C, H, W) or (C, H, W) → (N, C·∏kernel, L); `Fold` back, adding where windows overlap.

>>> import torch
>>> x = torch.ones(1, 1, 3, 3)
>>> Unfold(2)(x).shape, Fold((3, 3), 2)(Unfold(2)(x)).int().tolist()
(torch.Size([1, 4, 4]), [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]])

Source: Chellapilla et al. 2006; PyTorch's documentation.
"""

from torch.nn import Fold as Fold
from torch.nn import Unfold as Unfold
