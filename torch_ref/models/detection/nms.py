"""Non-maximum suppression: of boxes that overlap too much only the one with the highest score is kept.

In order of decreasing score, a box is kept unless it overlaps a kept one by more than the threshold; equal scores: the first comes first.
Shapes: boxes (P, 4), scores (P,), kept indices (K,), by score. `keep_mask`: boxes (..., P, 4), everything else (..., P).
torchvision's `nms` is compiled code; this one is PyTorch's own operations, a step for each kept box.

>>> import torch
>>> boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [1.0, 1.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0]])
>>> nms(boxes, torch.tensor([0.8, 0.9, 0.5]), 0.5), nms(boxes, torch.tensor([0.8, 0.9, 0.5]), 0.9)
(tensor([1, 2]), tensor([1, 0, 2]))

Source: Felzenszwalb, Girshick, McAllester and Ramanan 2010, "Object detection with discriminatively trained part-based models", 4.2.
"""

import torch
from torch import Tensor

from torch_ref.models.detection.boxes import box_iou


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Indices of the kept boxes, the highest score first."""
    _check(boxes, scores)
    order = scores.argsort(descending=True, stable=True)
    boxes, kept = boxes[order], []
    left = torch.arange(len(order), device=boxes.device)
    while len(left):
        first, left = left[0], left[1:]
        kept.append(first)
        left = left[~(box_iou(boxes[first][None], boxes[left])[0] > iou_threshold)]  # NaN, of two boxes without area, keeps
    return order[torch.stack(kept)] if kept else order


def batched_nms(boxes: Tensor, scores: Tensor, groups: Tensor, iou_threshold: float) -> Tensor:
    """As `nms`; boxes of different groups (classes, levels) never suppress each other."""
    _check(boxes, scores)
    keep = torch.zeros(len(scores), dtype=torch.bool, device=boxes.device)
    for group in groups.unique():
        index = (groups == group).nonzero()[:, 0]
        keep[index[nms(boxes[index], scores[index], iou_threshold)]] = True
    kept = keep.nonzero()[:, 0]
    return kept[scores[kept].argsort(descending=True, stable=True)]


def keep_mask(boxes: Tensor, scores: Tensor, iou_threshold: float, groups: Tensor | None = None, valid: Tensor | None = None) -> Tensor:
    """Which boxes are kept, for any number of lists at once; those that are not `valid` neither stay nor suppress."""
    _check(boxes, scores)
    keep = torch.zeros(scores.shape, dtype=torch.bool, device=boxes.device)
    groups = torch.zeros_like(keep) if groups is None else groups.expand(scores.shape)
    valid = torch.ones_like(keep) if valid is None else valid
    p = scores.shape[-1]
    for row, b, s, g, v in zip(keep.view(-1, p), boxes.reshape(-1, p, 4), scores.reshape(-1, p), groups.reshape(-1, p), valid.reshape(-1, p), strict=True):
        index = v.nonzero()[:, 0]
        row[index[batched_nms(b[index], s[index], g[index], iou_threshold)]] = True
    return keep


def _check(boxes: Tensor, scores: Tensor) -> None:
    if boxes.shape[:-1] != scores.shape:
        raise ValueError(f"scores must have one number a box: expected shape {tuple(boxes.shape[:-1])}, got {tuple(scores.shape)}")
