r"""Non-maximum suppression: of boxes that overlap too much only the one with the highest score is kept.

$$ k_i = v_i \wedge \neg \bigvee_{j \text{ before } i} \bigl(k_j \wedge \mathrm{IoU}_{ij} > \theta\bigr) $$

Shapes: boxes (P, 4), scores (P,), kept indices (K,), by score. `keep_mask`: boxes (..., P, 4), everything else (..., P).

Differs from PyTorch:
    Not a loop over boxes but the equation, put into itself until nothing changes: after t rounds all boxes are right that are no more than t suppressions
    deep, so that the rounds are as many as the longest chain, and the answer is the loop's. Every shape is known beforehand, so it compiles.
    Space is P² for each list: 1,000 boxes of 90 classes in float32 take 0.4 GB a temporary.
    `nms` and `batched_nms` return as many indices as there are boxes left: they need values, so they run outside compiled functions only.

Source: Felzenszwalb et al. 2010, "Object detection with discriminatively trained part-based models", 4.2; Zheng et al. 2020, arXiv:2005.03572, 4.3.
"""

import numpy as np
from jaxtyping import Bool, Float, Int
from keras import ops

from tf_impl.models.detection.boxes import box_iou
from tf_impl.typing import Tensor


def nms(boxes: Float[Tensor, "p 4"], scores: Float[Tensor, " p"], iou_threshold: float) -> Int[Tensor, " k"]:
    """Indices of the kept boxes, the highest score first. On the host: their number is a value."""
    return _sorted(keep_mask(boxes, scores, iou_threshold), scores)


def batched_nms(boxes: Float[Tensor, "p 4"], scores: Float[Tensor, " p"], groups: Int[Tensor, " p"], iou_threshold: float) -> Int[Tensor, " k"]:
    """As `nms`; boxes of different groups (classes, levels) never suppress each other."""
    return _sorted(keep_mask(boxes, scores, iou_threshold, groups), scores)


def keep_mask(
    boxes: Float[Tensor, "*n p 4"],
    scores: Float[Tensor, "*n p"],
    iou_threshold: float,
    groups: Int[Tensor, "*m p"] | None = None,
    valid: Bool[Tensor, "*n p"] | None = None,
) -> Bool[Tensor, "*n p"]:
    """Which boxes are kept, for any number of lists at once; those that are not `valid` neither stay nor suppress."""
    if tuple(boxes.shape[:-1]) != tuple(scores.shape):
        raise ValueError(f"scores must have one number a box: expected shape {tuple(boxes.shape[:-1])}, got {tuple(scores.shape)}")
    boxes, scores = ops.stop_gradient(boxes), ops.stop_gradient(scores)
    first, second = scores[..., :, None], scores[..., None, :]
    p = scores.shape[-1]
    earlier = ops.convert_to_tensor(np.triu(np.ones((p, p), bool), 1))
    before = ops.logical_or(first > second, ops.logical_and(ops.equal(first, second), earlier))
    suppresses = ops.logical_and(before, box_iou(boxes, boxes) > iou_threshold)
    if groups is not None:
        suppresses = ops.logical_and(suppresses, ops.equal(groups[..., :, None], groups[..., None, :]))
    start = ops.ones_like(scores, dtype="bool") if valid is None else valid

    def round_of(keep: Tensor, changed: Tensor) -> tuple[Tensor, Tensor]:
        new = ops.logical_and(start, ops.logical_not(ops.any(ops.logical_and(suppresses, keep[..., :, None]), axis=-2)))
        return new, ops.any(ops.not_equal(new, keep))

    return ops.while_loop(lambda keep, changed: changed, round_of, (start, ops.convert_to_tensor(True)))[0]


def _sorted(keep: Tensor, scores: Tensor) -> Tensor:
    index = np.flatnonzero(ops.convert_to_numpy(keep))
    return ops.convert_to_tensor(index[np.argsort(-ops.convert_to_numpy(scores)[index], kind="stable")], "int64")
