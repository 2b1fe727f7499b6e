r"""Anchors nearer to positives than to negatives, by a margin: PyTorch's own losses, the reference.

$$ \ell = \max(0, d(a, p) - d(a, n) + m), \qquad d(x, y) = \lVert x - y + \epsilon \rVert_p $$

Shapes: anchor, positive and negative (…, D). ε = 1e-6 is added to every difference, so d(x, x) = ε·D^{1/p}.

>>> import torch
>>> a, p, n = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 4.0]])
>>> TripletMarginLoss()(a, p, n), TripletMarginLoss(swap=True)(a, p, n)  # the negative is 1 from the positive
(tensor(0.3431), tensor(5.0000))
>>> TripletMarginWithDistanceLoss(distance_function=squared_distance, margin=8.0)(a, p, n)
tensor(1.)

Source: Balntas et al. 2016; Schroff et al. 2015, arXiv:1503.03832 (squared distances).
"""

import torch
from torch.nn import TripletMarginLoss as TripletMarginLoss
from torch.nn import TripletMarginWithDistanceLoss as TripletMarginWithDistanceLoss


def squared_distance(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The squared Euclidean distance along the last axis (FaceNet's), for `TripletMarginWithDistanceLoss`."""
    return (x - y).square().sum(-1)
