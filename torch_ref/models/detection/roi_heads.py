r"""What is in the proposals: classes, boxes and masks; in training the proposals that are looked at, and three losses.

Training: the targets themselves join the proposals, 512 are sampled (a quarter of them positive, IoU ≥ 0.5), masks are learned on the positive ones.
Evaluation: for every class the boxes with a score above 0.05 and sides above 0.01, suppressed within the class at IoU 0.5; the 100 best of all classes;
masks are predicted inside these boxes.

Shapes: features (N, C, H_l, W_l), proposals (N, P, 4), valid (N, P); targets: boxes (N, M, 4), labels (N, M) with 0 where there is none, masks (N, M, H, W);
detections: boxes (N, D, 4), labels and scores (N, D), masks (N, D, 2S, 2S) of probabilities. Fewer than D are filled up with zeros, label 0.

>>> import torch
>>> heads = RoIHeads(5, 8, 16, (6,), 6, box_detections_per_img=3)
>>> proposals = torch.tensor([[[0.0, 0.0, 12.0, 9.0], [8.0, 8.0, 20.0, 24.0]]])
>>> answer = heads((torch.randn(1, 8, 6, 7), torch.randn(1, 8, 3, 4)), torch.zeros(1, 3, 24, 28), proposals, torch.tensor([[True, False]]))
>>> {name: tuple(value.shape) for name, value in answer.items()}
{'boxes': (1, 3, 4), 'labels': (1, 3), 'scores': (1, 3), 'masks': (1, 3, 28, 28)}

Source: He, Gkioxari, Dollár and Girshick 2017, "Mask R-CNN", arXiv:1703.06870; Ren et al. 2015, arXiv:1506.01497.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from torch_ref.models.detection.boxes import box_iou, clip_boxes, decode_boxes, encode_boxes
from torch_ref.models.detection.heads import FastRCNNPredictor, MaskRCNNHeads, MaskRCNNPredictor, TwoMLPHead
from torch_ref.models.detection.losses import box_loss, mask_loss
from torch_ref.models.detection.masks import project_masks
from torch_ref.models.detection.matcher import match, sample
from torch_ref.models.detection.nms import keep_mask
from torch_ref.models.detection.roi_align import multi_scale_roi_align

WEIGHTS = (10.0, 10.0, 5.0, 5.0)  # makes codes of boxes that nearly fit about as large as scores
SMALLEST = 1e-2


class RoIHeads(nn.Module):
    """Box head and mask head on the same features. Names are torchvision's."""

    def __init__(
        self,
        num_classes: int,
        in_channels: int = 256,
        representation_size: int = 1024,
        mask_layers: Sequence[int] = (256, 256, 256, 256),
        mask_dim_reduced: int = 256,
        box_score_thresh: float = 0.05,
        box_nms_thresh: float = 0.5,
        box_detections_per_img: int = 100,
        box_fg_iou_thresh: float = 0.5,
        box_bg_iou_thresh: float = 0.5,
        box_batch_size_per_image: int = 512,
        box_positive_fraction: float = 0.25,
        canonical_scale: int = 224,
    ) -> None:
        super().__init__()
        self.num_classes, self.canonical_scale = num_classes, canonical_scale
        self.score_thresh, self.nms_thresh, self.detections_per_img = box_score_thresh, box_nms_thresh, box_detections_per_img
        self.fg_iou, self.bg_iou = box_fg_iou_thresh, box_bg_iou_thresh
        self.batch_size_per_image, self.positive_fraction = box_batch_size_per_image, box_positive_fraction
        self.box_head = TwoMLPHead(in_channels * 7 * 7, representation_size)
        self.box_predictor = FastRCNNPredictor(representation_size, num_classes)
        self.mask_head = MaskRCNNHeads(in_channels, mask_layers)
        self.mask_predictor = MaskRCNNPredictor(mask_layers[-1], mask_dim_reduced, num_classes)

    def forward(
        self,
        features: Sequence[Tensor],
        images: Tensor,
        proposals: Tensor,
        valid: Tensor,
        boxes: Tensor | None = None,
        labels: Tensor | None = None,
        masks: Tensor | None = None,
        sizes: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Losses if targets are given, else detections; of `images` only the size is asked for."""
        image_size = tuple(images.shape[2:])
        if boxes is not None and labels is not None and masks is not None:
            return self.losses(features, image_size, proposals, valid, boxes, labels, masks)
        limits = torch.tensor(image_size, device=proposals.device).expand(len(proposals), 2) if sizes is None else sizes
        return self.detections(features, image_size, proposals, valid, limits)

    def boxes_of(self, features: Sequence[Tensor], rois: Tensor, image_size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Scores (K, classes) and codes (K, classes, 4)."""
        scores, codes = self.box_predictor(self.box_head(multi_scale_roi_align(features, rois, image_size, (7, 7), canonical_scale=self.canonical_scale)))
        return scores, codes.unflatten(1, (self.num_classes, 4))

    def masks_of(self, features: Sequence[Tensor], rois: Tensor, image_size: tuple[int, int]) -> Tensor:
        """Logits (K, classes, 28, 28)."""
        return self.mask_predictor(self.mask_head(multi_scale_roi_align(features, rois, image_size, (14, 14), canonical_scale=self.canonical_scale)))

    def targets(
        self, proposals: Tensor, valid: Tensor, boxes: Tensor, labels: Tensor, priorities: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of every proposal (N, P): whether it was sampled, its class, the index of its target, and the codes (N, P, 4) of that target's box."""
        matches = match(box_iou(boxes, proposals), self.fg_iou, self.bg_iou, valid=labels > 0)
        target = matches.clamp(min=0)
        kind = torch.where(matches >= 0, labels.gather(1, target), matches + 1)  # background 0, between the thresholds −1
        kind = torch.where(valid, kind, -1)
        priorities = torch.rand(kind.shape, device=boxes.device) if priorities is None else priorities
        positive, negative = sample(kind, priorities, self.batch_size_per_image, self.positive_fraction)
        found = boxes.gather(1, target[..., None].expand(-1, -1, 4))
        fitting = (kind > 0)[..., None]
        unit = boxes.new_tensor([0.0, 0.0, 1.0, 1.0])  # where nothing has to be found, and a filler box would have no logarithm
        codes = encode_boxes(torch.where(fitting, found, unit), torch.where(fitting, proposals, unit), WEIGHTS)
        return positive | negative, kind, target, codes

    def losses(
        self, features: Sequence[Tensor], image_size: tuple[int, int], proposals: Tensor, valid: Tensor, boxes: Tensor, labels: Tensor, masks: Tensor
    ) -> dict[str, Tensor]:
        """Class, box and mask loss of the sampled proposals."""
        proposals, valid = torch.cat([proposals, boxes], 1), torch.cat([valid, labels > 0], 1)
        sampled, kind, target, codes = self.targets(proposals, valid, boxes, labels)
        image = torch.arange(len(boxes), device=boxes.device)[:, None].expand_as(kind)
        rois, kind, target, codes = _with_image(image, proposals)[sampled], kind[sampled], (target + image * boxes.shape[1])[sampled], codes[sampled]
        scores, predicted = self.boxes_of(features, rois, image_size)
        chosen = torch.ones_like(kind, dtype=torch.bool)
        answer = dict(zip(("loss_classifier", "loss_box_reg"), box_loss(scores, predicted, kind, codes, chosen), strict=True))
        positive = kind > 0
        rois, kind, target = rois[positive], kind[positive], target[positive]
        logits = self.masks_of(features, rois, image_size)
        wanted = project_masks(masks.flatten(0, 1), rois[:, 1:], target, logits.shape[-1])
        return answer | {"loss_mask": mask_loss(logits, wanted, kind, torch.ones_like(kind, dtype=torch.bool))}

    def detections(self, features: Sequence[Tensor], image_size: tuple[int, int], proposals: Tensor, valid: Tensor, limits: Tensor) -> dict[str, Tensor]:
        """The best boxes of all classes, and their masks."""
        n, p = valid.shape
        image = torch.arange(n, device=proposals.device)[:, None]
        scores, codes = self.boxes_of(features, _with_image(image.expand(n, p), proposals).flatten(0, 1), image_size)
        scores = scores.softmax(1).reshape(n, p, -1)[..., 1:].transpose(1, 2)  # (N, classes − 1, P): background is no detection
        boxes = clip_boxes(decode_boxes(codes.reshape(n, p, -1, 4), proposals[:, :, None], WEIGHTS), limits[:, None])[:, :, 1:].transpose(1, 2)
        good = valid[:, None] & (scores > self.score_thresh) & (boxes[..., 2:] - boxes[..., :2] >= SMALLEST).all(-1)
        keep = keep_mask(boxes.detach(), scores.detach(), self.nms_thresh, valid=good)
        best = torch.where(keep, scores.detach(), -1.0).flatten(1).topk(min(self.detections_per_img, keep[0].numel()))
        kept, index = best.values >= 0, best.indices
        boxes = boxes.flatten(1, 2).gather(1, index[..., None].expand(-1, -1, 4)) * kept[..., None]
        labels = (index // p + 1) * kept
        logits = self.masks_of(features, _with_image(image.expand_as(kept), boxes).flatten(0, 1), image_size)
        masks = logits[torch.arange(len(logits), device=boxes.device), labels.flatten()].sigmoid().unflatten(0, kept.shape)
        return {"boxes": boxes, "labels": labels, "scores": scores.flatten(1).gather(1, index) * kept, "masks": masks * kept[..., None, None]}


def _with_image(image: Tensor, boxes: Tensor) -> Tensor:
    """(image, x1, y1, x2, y2) of boxes (N, P, 4)."""
    return torch.cat([image[..., None].to(boxes.dtype), boxes.detach()], -1)
