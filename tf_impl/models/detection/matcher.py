"""Which target each box has to find, and which boxes a training step looks at.

A box belongs to the target that it overlaps most: if by `high` at least; it is background (−1) below `low`, and left out (−2) between the two.
`allow_low_quality`: the boxes that overlap a target most of all belong to their best target, however little that is.
Shapes: overlaps (..., M, P) of M targets with P boxes, matches (..., P); labels and samples (..., P).

Differs from PyTorch:
    torchvision answers with lists of indices of any length, here with masks, whose shapes are known beforehand.

Source: Ren, He, Girshick and Sun 2015, arXiv:1506.01497, 3.1.2; torchvision's `Matcher` and `BalancedPositiveNegativeSampler`.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from keras import ops

from tf_impl.typing import Tensor

BACKGROUND, BETWEEN = -1, -2


def match(
    overlaps: Float[Tensor, "*n m p"], high: float, low: float, allow_low_quality: bool = False, valid: Bool[Tensor, "*n m"] | None = None
) -> Int[Tensor, "*n p"]:
    """Index of the target of each box, or −1, or −2. Targets that are not `valid` (..., M) have no boxes."""
    if not 0 <= low <= high:
        raise ValueError(f"low must be between 0 and high, got low={low} and high={high}")
    if valid is not None:
        overlaps = ops.where(valid[..., None], overlaps, -ops.ones_like(overlaps))
    best, target = ops.max(overlaps, axis=-2), ops.cast(ops.argmax(overlaps, axis=-2), "int64")
    high, low = (ops.convert_to_tensor(bound, overlaps.dtype) for bound in (high, low))
    matches = ops.where(best < low, BACKGROUND, ops.where(best < high, BETWEEN, target))
    if allow_low_quality:
        highest = ops.equal(overlaps, ops.max(overlaps, axis=-1, keepdims=True))
        highest = ops.logical_and(highest, overlaps >= 0)
        matches = ops.where(ops.any(highest, axis=-2), target, matches)
    return matches


def sample(
    labels: Int[Tensor, "*n p"], priorities: Float[Tensor, "*n p"], size: int, positive_fraction: float
) -> tuple[Bool[Tensor, "*n p"], Bool[Tensor, "*n p"]]:
    """`size` boxes of each image, positives (label > 0) up to their fraction and the rest negatives (label 0), as two masks.

    PyTorch's draws a permutation; here random numbers are fed, and the smallest `priorities` are taken. With `size` as large as the number of boxes, and
    positives below their fraction, all are taken whatever the priorities.
    """
    if size < 1 or not 0 <= positive_fraction <= 1:
        raise ValueError(f"size must be positive and positive_fraction within 0 … 1, got {size} and {positive_fraction}")
    positive = _first(labels > 0, int(size * positive_fraction), priorities)
    return positive, _first(ops.equal(labels, 0), size - ops.sum(ops.cast(positive, "int32"), axis=-1, keepdims=True), priorities)


def _first(mask: Tensor, count: int | Tensor, priorities: Tensor) -> Tensor:
    """Those of the mask with the smallest priorities."""
    rank = ops.argsort(ops.argsort(ops.where(mask, priorities, ops.convert_to_tensor(np.inf, priorities.dtype)), axis=-1), axis=-1)
    return ops.logical_and(mask, rank < count)
