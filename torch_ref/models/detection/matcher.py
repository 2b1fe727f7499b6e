"""Which target each box has to find, and which boxes a training step looks at.

A box belongs to the target that it overlaps most: if by `high` at least; it is background (−1) below `low`, and left out (−2) between the two.
`allow_low_quality`: the boxes that overlap a target most of all belong to their best target, however little that is.
Shapes: overlaps (..., M, P) of M targets with P boxes, matches (..., P); labels and samples (..., P).

>>> import torch
>>> overlaps = torch.tensor([[0.9, 0.4, 0.1, 0.0], [0.0, 0.1, 0.2, 0.1]])
>>> match(overlaps, 0.7, 0.3), match(overlaps, 0.7, 0.3, allow_low_quality=True)
(tensor([ 0, -2, -1, -1]), tensor([ 0, -2,  1, -1]))

Source: Ren, He, Girshick and Sun 2015, arXiv:1506.01497, 3.1.2; torchvision's `Matcher` and `BalancedPositiveNegativeSampler`.
"""

import torch
from torch import Tensor

BACKGROUND, BETWEEN = -1, -2


def match(overlaps: Tensor, high: float, low: float, allow_low_quality: bool = False, valid: Tensor | None = None) -> Tensor:
    """Index of the target of each box, or −1, or −2. Targets that are not `valid` (..., M) have no boxes."""
    if not 0 <= low <= high:
        raise ValueError(f"low must be between 0 and high, got low={low} and high={high}")
    if valid is not None:
        overlaps = overlaps.masked_fill(~valid[..., None], -1.0)
    best, target = overlaps.max(-2)
    matches = torch.where(best < low, BACKGROUND, torch.where(best < high, BETWEEN, target))
    if allow_low_quality:
        highest = overlaps == overlaps.max(-1, keepdim=True).values
        highest = highest & (overlaps >= 0)
        matches = torch.where(highest.any(-2), target, matches)
    return matches


def sample(labels: Tensor, priorities: Tensor, size: int, positive_fraction: float) -> tuple[Tensor, Tensor]:
    """`size` boxes of each image, positives (label > 0) up to their fraction and the rest negatives (label 0), as two masks.

    PyTorch's draws a permutation; here random numbers are fed, and the smallest `priorities` are taken. With `size` as large as the number of boxes, and
    positives below their fraction, all are taken whatever the priorities.
    """
    if size < 1 or not 0 <= positive_fraction <= 1:
        raise ValueError(f"size must be positive and positive_fraction within 0 … 1, got {size} and {positive_fraction}")
    positive = _first(labels > 0, torch.tensor(int(size * positive_fraction)), priorities)
    return positive, _first(labels == 0, size - positive.sum(-1, keepdim=True), priorities)


def _first(mask: Tensor, count: Tensor, priorities: Tensor) -> Tensor:
    """Those of the mask with the smallest priorities."""
    rank = priorities.masked_fill(~mask, torch.inf).argsort(dim=-1, stable=True).argsort(dim=-1, stable=True)
    return mask & (rank < count)
