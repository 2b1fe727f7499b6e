r"""Hinge loss of distances labelled similar or not: PyTorch's own loss, the reference.

$$ \ell = \begin{cases} x & t = 1 \\ \max(0, m - x) & t = -1 \end{cases} $$

Shapes: input (distances) and target (1 or −1) alike, any number of axes.

>>> import torch
>>> HingeEmbeddingLoss(reduction="none")(torch.tensor([0.3, 0.3, 2.0]), torch.tensor([1.0, -1.0, -1.0]))
tensor([0.3000, 0.7000, 0.0000])

Source: Hadsell et al. 2006, "Dimensionality Reduction by Learning an Invariant Mapping".
"""

from torch.nn import HingeEmbeddingLoss as HingeEmbeddingLoss
