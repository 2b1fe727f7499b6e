r"""Boxes (x1, y1, x2, y2): area, overlap, clipping, and the code that a network's four numbers are.

$$ \mathrm{IoU}(a, b) = \frac{|a \cap b|}{|a| + |b| - |a \cap b|} \qquad
   t_x = w_x \frac{x - x_a}{w_a}, \quad t_w = w_w \log\frac{w}{w_a} $$

Shapes: boxes (..., 4); overlaps of (..., M, 4) with (..., N, 4) are (..., M, N). x and y are centres, w and h sizes, a the anchor.

Differs from PyTorch:
    Where two numbers are equal, `maximum` gives each half of the gradient in PyTorch and one of them all of it in TensorFlow: boxes with a common edge.
    Boxes of zeros have no overlap with themselves: 0/0 is NaN on both sides, and a comparison with NaN keeps the box.

Source: Girshick, Donahue, Darrell and Malik 2014, arXiv:1311.2524, appendix C; Ren, He, Girshick and Sun 2015, arXiv:1506.01497;
the complete overlap: Zheng et al. 2020, arXiv:1911.08287.
"""

import math

import keras
from jaxtyping import Float, Int
from keras import ops

from tf_impl.layers._twin import known
from tf_impl.typing import Tensor

CLIP = math.log(1000 / 16)  # the widest an anchor may become, so that `exp` of an untrained network stays finite


def box_area(boxes: Float[Tensor, "*n 4"]) -> Float[Tensor, "*n"]:
    """Width times height."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def box_iou(boxes1: Float[Tensor, "*n1 4"], boxes2: Float[Tensor, "*n2 4"]) -> Float[Tensor, "*n12"]:
    """Overlap of every box of the first with every box of the second."""
    _check(boxes1, "boxes1")
    _check(boxes2, "boxes2")
    start = ops.maximum(boxes1[..., :, None, :2], boxes2[..., None, :, :2])
    end = ops.minimum(boxes1[..., :, None, 2:], boxes2[..., None, :, 2:])
    size = ops.relu(end - start)
    shared = size[..., 0] * size[..., 1]
    return shared / (box_area(boxes1)[..., :, None] + box_area(boxes2)[..., None, :] - shared)


def complete_iou(boxes1: Float[Tensor, "*n 4"], boxes2: Float[Tensor, "*n2 4"], eps: float = 1e-7) -> Float[Tensor, "*n3"]:
    """Overlap of each box with the one at the same place, less the distance of their centres and the difference of their shapes, in −1.5 … 1."""
    _check(boxes1, "boxes1")
    _check(boxes2, "boxes2")
    eps = ops.convert_to_tensor(eps, boxes1.dtype)
    (w1, h1), (w2, h2) = ((boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]) for boxes in (boxes1, boxes2))
    within = ops.relu(ops.minimum(boxes1[..., 2:], boxes2[..., 2:]) - ops.maximum(boxes1[..., :2], boxes2[..., :2]))
    shared = within[..., 0] * within[..., 1]
    iou = shared / (w1 * h1 + w2 * h2 - shared + eps)
    around = ops.maximum(boxes1[..., 2:], boxes2[..., 2:]) - ops.minimum(boxes1[..., :2], boxes2[..., :2])
    apart = ops.sum((boxes2[..., :2] + boxes2[..., 2:] - boxes1[..., :2] - boxes1[..., 2:]) ** 2, axis=-1) / 4
    shape = 4 / math.pi**2 * (ops.arctan(w2 / h2) - ops.arctan(w1 / h1)) ** 2
    share = ops.stop_gradient(shape / (1 - iou + shape + eps))
    return iou - apart / (ops.sum(around**2, axis=-1) + eps) - share * shape


def clip_boxes(boxes: Float[Tensor, "*n 4"], size: Tensor) -> Float[Tensor, "*n 4"]:
    """Boxes cut at the edges of their image; `size` (..., 2) is height and width."""
    _check(boxes, "boxes")
    limits = ops.cast(ops.flip(ops.convert_to_tensor(size), axis=-1), boxes.dtype)  # x by the width, y by the height
    return ops.minimum(ops.relu(boxes), ops.expand_dims(ops.concatenate([limits, limits], -1), -2))


def encode_boxes(
    boxes: Float[Tensor, "*n 4"], anchors: Float[Tensor, "*n2 4"], weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
) -> Float[Tensor, "*n 4"]:
    """What the network has to answer so that `decode_boxes` makes `boxes` of `anchors`."""
    x, y, w, h = _centred(boxes, "boxes")
    xa, ya, wa, ha = _centred(anchors, "anchors")
    wx, wy, ww, wh = weights
    return ops.stack([wx * (x - xa) / wa, wy * (y - ya) / ha, ww * ops.log(w / wa), wh * ops.log(h / ha)], -1)


def decode_boxes(
    codes: Float[Tensor, "*n 4"], anchors: Float[Tensor, "*n2 4"], weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
) -> Float[Tensor, "*n 4"]:
    """The boxes that four numbers and an anchor mean; sizes grow by 62.5 at most."""
    xa, ya, wa, ha = _centred(anchors, "anchors")
    dx, dy, dw, dh = (codes[..., i] / weight for i, weight in enumerate(weights))
    x, y = dx * wa + xa, dy * ha + ya
    half_w, half_h = 0.5 * (ops.exp(_at_most(dw)) * wa), 0.5 * (ops.exp(_at_most(dh)) * ha)
    return ops.stack([x - half_w, y - half_h, x + half_w, y + half_h], -1)


def check_targets(boxes: Float[Tensor, "n m 4"], labels: Int[Tensor, "n m"]) -> None:
    """Refuse targets without an area; rows with label 0 only fill up the batch. In a compiled function the values are not there to be seen.

    Raises:
        ValueError: which box of which image, and what it is.
    """
    _check(boxes, "boxes")
    if tuple(labels.shape) != tuple(boxes.shape[:-1]):
        raise ValueError(f"labels must have one number a box: expected shape {tuple(boxes.shape[:-1])}, got {tuple(labels.shape)}")
    seen, kind = known(boxes), known(labels)
    if seen is None or kind is None:
        return
    flat = (kind > 0) & ~(seen[..., 2:] > seen[..., :2]).all(-1)
    if flat.any():
        image, box = (int(indices[0]) for indices in flat.nonzero())
        raise ValueError(f"boxes must have positive width and height (x1 < x2, y1 < y2), got {seen[image, box].tolist()} for box {box} of image {image}")


def _at_most(sizes: Tensor) -> Tensor:
    return ops.minimum(sizes, ops.convert_to_tensor(CLIP, sizes.dtype))


def _centred(boxes: Tensor, name: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    _check(boxes, name)
    w, h = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    return boxes[..., 0] + 0.5 * w, boxes[..., 1] + 0.5 * h, w, h


def _check(boxes: Tensor, name: str) -> None:
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(boxes.dtype)) or len(boxes.shape) < 1 or boxes.shape[-1] != 4:
        raise ValueError(f"{name} must be floats (..., 4), as x1, y1, x2, y2; got {boxes.dtype} of shape {tuple(boxes.shape)}")
