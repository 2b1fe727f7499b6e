r"""Hinge loss of the cosine between two vectors: PyTorch's own loss, the reference.

$$ \ell = \begin{cases} 1 - \cos(a, b) & t = 1 \\ \max(0, \cos(a, b) - m) & t = -1 \end{cases} $$

Shapes: input1 and input2 (N, D), target (N,); or (D,), (D,) and ().

>>> import torch
>>> a, b = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[1.0, 1.0], [1.0, 1.0]])
>>> CosineEmbeddingLoss(margin=0.5, reduction="none")(a, b, torch.tensor([1.0, -1.0]))
tensor([0.2929, 0.2071])

Source: torch.nn.CosineEmbeddingLoss's documentation.
"""

from torch.nn import CosineEmbeddingLoss as CosineEmbeddingLoss
