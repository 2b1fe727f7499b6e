r"""Cosine similarity and distance of vectors: PyTorch's own layers, the reference.

$$ \frac{x_1 \cdot x_2}{\max(\lVert x_1 \rVert, \epsilon)\, \max(\lVert x_2 \rVert, \epsilon)} \qquad
   \Bigl( \sum_i \lvert x_{1,i} - x_{2,i} + \epsilon \rvert^p \Bigr)^{1/p} $$

Shapes: `CosineSimilarity` any two that broadcast, output without axis `dim`; `PairwiseDistance` (N, D) or (D,), output (N,) or ().

>>> import torch
>>> x, y = torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]])
>>> round(CosineSimilarity()(x, y).item(), 6), round(PairwiseDistance(p=1)(x, y).item(), 4)
(0.96, 2.0)

Source: PyTorch's documentation.
"""

from torch.nn import CosineSimilarity as CosineSimilarity
from torch.nn import PairwiseDistance as PairwiseDistance
