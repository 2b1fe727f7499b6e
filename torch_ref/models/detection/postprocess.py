"""From the boxes and scores that a one-stage detector gives everywhere to a list of detections of fixed length.

The likeliest pairs of box and class above the score threshold, suppressed within their class; the best of what remains, filled up with zeros, label 0.
Shapes: boxes (N, P, 4), scores (N, P, classes); detections: boxes (N, D, 4), labels and scores (N, D). Labels count from 1.

>>> import torch
>>> boxes = torch.tensor([[[0.0, 0.0, 9.0, 9.0], [0.0, 1.0, 9.0, 9.0], [5.0, 5.0, 20.0, 20.0]]])
>>> best_detections(boxes, torch.tensor([[[0.9, 0.1], [0.8, 0.6], [0.3, 0.0]]]), 0.2, 0.5, detections=4)["labels"]
tensor([[1, 2, 1, 0]])

Source: Redmon, Divvala, Girshick and Farhadi 2016, arXiv:1506.02640, 2.3.
"""

import torch
from torch import Tensor

from torch_ref.models.detection.nms import keep_mask


def best_detections(
    boxes: Tensor, scores: Tensor, score_threshold: float = 0.25, iou_threshold: float = 0.45, pre_nms: int = 1000, detections: int = 100
) -> dict[str, Tensor]:
    """Suppression of all classes at once, among the `pre_nms` likeliest."""
    if boxes.ndim != 3 or scores.shape[:2] != boxes.shape[:2]:
        raise ValueError(f"boxes must be (N, P, 4) and scores (N, P, classes), got {tuple(boxes.shape)} and {tuple(scores.shape)}")
    classes = scores.shape[2]
    flat = scores.flatten(1)
    index = flat.detach().topk(min(pre_nms, flat.shape[1])).indices
    flat, kind = flat.gather(1, index), index % classes
    boxes = boxes.gather(1, (index // classes)[..., None].expand(-1, -1, 4))
    keep = keep_mask(boxes.detach(), flat.detach(), iou_threshold, kind, flat > score_threshold)
    best = torch.where(keep, flat.detach(), -1.0).topk(min(detections, flat.shape[1]))
    kept, order = best.values >= 0, best.indices
    return {
        "boxes": boxes.gather(1, order[..., None].expand(-1, -1, 4)) * kept[..., None],
        "labels": (kind.gather(1, order) + 1) * kept,
        "scores": flat.gather(1, order) * kept,
    }
