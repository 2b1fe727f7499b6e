"""From the boxes and scores that a one-stage detector gives everywhere to a list of detections of fixed length.

The likeliest pairs of box and class above the score threshold, suppressed within their class; the best of what remains, filled up with zeros, label 0.
Shapes: boxes (N, P, 4), scores (N, P, classes); detections: boxes (N, D, 4), labels and scores (N, D). Labels count from 1.

Differs from PyTorch:
    `tf.image.combined_non_max_suppression` has no float64, takes (y1, x1, y2, x2), and clips boxes to 0 … 1 unless told not to.

Source: Redmon, Divvala, Girshick and Farhadi 2016, arXiv:1506.02640, 2.3.
"""

from jaxtyping import Float
from keras import ops

from tf_impl.models.detection._picking import pick
from tf_impl.models.detection.nms import keep_mask
from tf_impl.typing import Tensor


def best_detections(
    boxes: Float[Tensor, "n p 4"],
    scores: Float[Tensor, "n p classes"],
    score_threshold: float = 0.25,
    iou_threshold: float = 0.45,
    pre_nms: int = 1000,
    detections: int = 100,
) -> dict[str, Tensor]:
    """Suppression of all classes at once, among the `pre_nms` likeliest."""
    if len(boxes.shape) != 3 or tuple(scores.shape[:2]) != tuple(boxes.shape[:2]):
        raise ValueError(f"boxes must be (N, P, 4) and scores (N, P, classes), got {tuple(boxes.shape)} and {tuple(scores.shape)}")
    classes = scores.shape[2]
    flat = ops.reshape(scores, (-1, scores.shape[1] * classes))
    index = ops.top_k(ops.stop_gradient(flat), min(pre_nms, flat.shape[1]))[1]
    flat, kind, boxes = pick(flat, index), index % classes, pick(boxes, index // classes)
    keep = keep_mask(boxes, flat, iou_threshold, kind, flat > ops.convert_to_tensor(score_threshold, flat.dtype))
    best, order = ops.top_k(ops.where(keep, ops.stop_gradient(flat), -ops.ones_like(flat)), min(detections, flat.shape[1]))
    kept = best >= 0
    some = ops.cast(kept, boxes.dtype)
    return {
        "boxes": pick(boxes, order) * some[..., None],
        "labels": ops.where(kept, ops.cast(pick(kind, order) + 1, "int64"), 0),
        "scores": pick(flat, order) * ops.cast(kept, flat.dtype),
    }
