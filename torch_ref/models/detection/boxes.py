r"""Boxes (x1, y1, x2, y2): area, overlap, clipping, and the code that a network's four numbers are.

$$ \mathrm{IoU}(a, b) = \frac{|a \cap b|}{|a| + |b| - |a \cap b|} \qquad
   t_x = w_x \frac{x - x_a}{w_a}, \quad t_w = w_w \log\frac{w}{w_a} $$

Shapes: boxes (..., 4); overlaps of (..., M, 4) with (..., N, 4) are (..., M, N). x and y are centres, w and h sizes, a the anchor.
A difference of two coordinates is a size: there is no + 1.

>>> import torch
>>> box_iou(torch.tensor([[0.0, 0.0, 2.0, 2.0]]), torch.tensor([[1.0, 1.0, 3.0, 3.0], [4.0, 4.0, 5.0, 5.0]]))
tensor([[0.1429, 0.0000]])

Source: Girshick, Donahue, Darrell and Malik 2014, arXiv:1311.2524, appendix C; Ren, He, Girshick and Sun 2015, arXiv:1506.01497;
the complete overlap: Zheng et al. 2020, arXiv:1911.08287.
"""

import math

import torch
from torch import Tensor

CLIP = math.log(1000 / 16)  # the widest an anchor may become, so that `exp` of an untrained network stays finite


def box_area(boxes: Tensor) -> Tensor:
    """Width times height."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """Overlap of every box of the first with every box of the second."""
    _check(boxes1, "boxes1")
    _check(boxes2, "boxes2")
    start = torch.maximum(boxes1[..., :, None, :2], boxes2[..., None, :, :2])
    end = torch.minimum(boxes1[..., :, None, 2:], boxes2[..., None, :, 2:])
    size = (end - start).clamp(min=0)
    shared = size[..., 0] * size[..., 1]
    return shared / (box_area(boxes1)[..., :, None] + box_area(boxes2)[..., None, :] - shared)


def complete_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """Overlap of each box with the one at the same place, less the distance of their centres and the difference of their shapes, in −1.5 … 1."""
    _check(boxes1, "boxes1")
    _check(boxes2, "boxes2")
    (w1, h1), (w2, h2) = ((boxes[..., 2:] - boxes[..., :2]).unbind(-1) for boxes in (boxes1, boxes2))
    shared = (torch.minimum(boxes1[..., 2:], boxes2[..., 2:]) - torch.maximum(boxes1[..., :2], boxes2[..., :2])).clamp(min=0).prod(-1)
    iou = shared / (w1 * h1 + w2 * h2 - shared + eps)
    around = torch.maximum(boxes1[..., 2:], boxes2[..., 2:]) - torch.minimum(boxes1[..., :2], boxes2[..., :2])
    apart = ((boxes2[..., :2] + boxes2[..., 2:] - boxes1[..., :2] - boxes1[..., 2:]) ** 2).sum(-1) / 4
    shape = 4 / math.pi**2 * (torch.atan(w2 / h2) - torch.atan(w1 / h1)) ** 2
    with torch.no_grad():
        share = shape / (1 - iou + shape + eps)
    return iou - apart / ((around**2).sum(-1) + eps) - share * shape


def clip_boxes(boxes: Tensor, size: Tensor) -> Tensor:
    """Boxes cut at the edges of their image; `size` (..., 2) is height and width."""
    _check(boxes, "boxes")
    limits = size.flip(-1).to(boxes.dtype)  # x by the width, y by the height
    return torch.minimum(boxes.clamp(min=0), torch.cat([limits, limits], -1)[..., None, :])


def encode_boxes(boxes: Tensor, anchors: Tensor, weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)) -> Tensor:
    """What the network has to answer so that `decode_boxes` makes `boxes` of `anchors`."""
    x, y, w, h = _centred(boxes, "boxes")
    xa, ya, wa, ha = _centred(anchors, "anchors")
    wx, wy, ww, wh = weights
    return torch.stack([wx * (x - xa) / wa, wy * (y - ya) / ha, ww * torch.log(w / wa), wh * torch.log(h / ha)], -1)


def decode_boxes(codes: Tensor, anchors: Tensor, weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)) -> Tensor:
    """The boxes that four numbers and an anchor mean; sizes grow by 62.5 at most."""
    xa, ya, wa, ha = _centred(anchors, "anchors")
    dx, dy, dw, dh = (codes[..., i] / weight for i, weight in enumerate(weights))
    x, y = dx * wa + xa, dy * ha + ya
    half_w, half_h = 0.5 * (dw.clamp(max=CLIP).exp() * wa), 0.5 * (dh.clamp(max=CLIP).exp() * ha)
    return torch.stack([x - half_w, y - half_h, x + half_w, y + half_h], -1)


def check_targets(boxes: Tensor, labels: Tensor) -> None:
    """Refuse targets without an area; rows with label 0 only fill up the batch.

    Raises:
        ValueError: which box of which image, and what it is.
    """
    _check(boxes, "boxes")
    if labels.shape != boxes.shape[:-1]:
        raise ValueError(f"labels must have one number a box: expected shape {tuple(boxes.shape[:-1])}, got {tuple(labels.shape)}")
    flat = (labels > 0) & ~((boxes[..., 2:] > boxes[..., :2]).all(-1))
    if flat.any():
        image, box = flat.nonzero()[0].tolist()
        raise ValueError(f"boxes must have positive width and height (x1 < x2, y1 < y2), got {boxes[image, box].tolist()} for box {box} of image {image}")


def _centred(boxes: Tensor, name: str) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    _check(boxes, name)
    w, h = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    return boxes[..., 0] + 0.5 * w, boxes[..., 1] + 0.5 * h, w, h


def _check(boxes: Tensor, name: str) -> None:
    if not boxes.is_floating_point() or boxes.ndim < 1 or boxes.shape[-1] != 4:
        raise ValueError(f"{name} must be floats (..., 4), as x1, y1, x2, y2; got {boxes.dtype} of shape {tuple(boxes.shape)}")
