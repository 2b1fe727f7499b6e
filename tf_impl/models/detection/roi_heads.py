r"""What is in the proposals, channels last: classes, boxes and masks; in training the proposals that are looked at, and three losses.

Training: the targets themselves join the proposals, 512 are sampled (a quarter of them positive, IoU ≥ 0.5), masks are learned on the positive ones.
Evaluation: for every class the boxes with a score above 0.05 and sides above 0.01, suppressed within the class at IoU 0.5; the 100 best of all classes;
masks are predicted inside these boxes.
"""

from collections.abc import Sequence

import keras
from jaxtyping import Bool, Float
from keras import ops

from tf_impl.layers._twin import Twin, widened
from tf_impl.models.detection._picking import pick
from tf_impl.models.detection.boxes import box_iou, clip_boxes, decode_boxes, encode_boxes
from tf_impl.models.detection.heads import FastRCNNPredictor, MaskRCNNHeads, MaskRCNNPredictor, TwoMLPHead
from tf_impl.models.detection.losses import box_loss, mask_loss
from tf_impl.models.detection.masks import project_masks
from tf_impl.models.detection.matcher import match, sample
from tf_impl.models.detection.nms import keep_mask
from tf_impl.models.detection.roi_align import multi_scale_roi_align
from tf_impl.typing import Tensor

WEIGHTS = (10.0, 10.0, 5.0, 5.0)  # makes codes of boxes that nearly fit about as large as scores
SMALLEST = 1e-2


@keras.saving.register_keras_serializable(package="tf_impl")
class RoIHeads(Twin):
    """Box head and mask head on the same features.

    Args:
        num_classes: with background, which is 0.
        in_channels: channels of the features.
        representation_size: numbers of a box between the fully connected layers.
        mask_layers, mask_dim_reduced: channels of the mask's convolutions, and of its transposed one.
        box_score_thresh, box_nms_thresh, box_detections_per_img: which detections remain.
        box_fg_iou_thresh, box_bg_iou_thresh: a proposal has something from the one on, nothing below the other.
        box_batch_size_per_image, box_positive_fraction: how many proposals a training step looks at.
        canonical_scale: side of the boxes that belong to level 4 of the pyramid.

    Shapes:
        features (N, H_l, W_l, C), proposals (N, P, 4), valid (N, P); targets: boxes (N, M, 4), labels (N, M) with 0 where there is none, masks (N, M, H, W);
        detections: boxes (N, D, 4), labels and scores (N, D), masks (N, D, 28, 28) of probabilities. Fewer than D are filled up with zeros, label 0.

    Differs from PyTorch:
        Sampled proposals are sorted to the front of a list of fixed length, where PyTorch picks them out; what fills the list is computed and not counted.

    Source: He et al. 2017, "Mask R-CNN", arXiv:1703.06870; Ren et al. 2015, arXiv:1506.01497.
    """

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
        **kwargs,
    ) -> None:
        super().__init__(**{"autocast": False, **kwargs})  # coordinates keep their digits where convolutions run in half precision
        self.num_classes, self.canonical_scale = num_classes, canonical_scale
        self.score_thresh, self.nms_thresh, self.detections_per_img = box_score_thresh, box_nms_thresh, box_detections_per_img
        self.fg_iou, self.bg_iou = box_fg_iou_thresh, box_bg_iou_thresh
        self.batch_size_per_image, self.positive_fraction = box_batch_size_per_image, box_positive_fraction
        self.box_head = TwoMLPHead(in_channels * 7 * 7, representation_size)
        self.box_predictor = FastRCNNPredictor(representation_size, num_classes)
        self.mask_head = MaskRCNNHeads(in_channels, mask_layers)
        self.mask_predictor = MaskRCNNPredictor(mask_layers[-1], mask_dim_reduced, num_classes)
        self.draws = keras.random.SeedGenerator()
        self.built = True

    def call(
        self,
        features: tuple[Tensor, ...],
        images: Float[Tensor, "n h w c"],
        proposals: Float[Tensor, "n p 4"],
        valid: Bool[Tensor, "n p"],
        boxes: Tensor | None = None,
        labels: Tensor | None = None,
        masks: Tensor | None = None,
        sizes: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Losses if targets are given, else detections; of `images` only the size is asked for."""
        image_size = tuple(images.shape[1:3])
        if boxes is not None and labels is not None and masks is not None:
            return self.losses(features, image_size, proposals, valid, boxes, labels, masks)
        limits = ops.convert_to_tensor([image_size], "int32") if sizes is None else sizes
        return self.detections(features, image_size, proposals, valid, limits)

    def boxes_of(self, features: tuple[Tensor, ...], rois: Float[Tensor, "k 5"], image_size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Scores (K, classes) and codes (K, classes, 4)."""
        scores, codes = self.box_predictor(self.box_head(multi_scale_roi_align(features, rois, image_size, (7, 7), canonical_scale=self.canonical_scale)))
        return widened(scores), ops.reshape(widened(codes), (-1, self.num_classes, 4))

    def masks_of(self, features: tuple[Tensor, ...], rois: Float[Tensor, "k 5"], image_size: tuple[int, int]) -> Float[Tensor, "k classes m m"]:
        """Logits (K, classes, 28, 28)."""
        cut = multi_scale_roi_align(features, rois, image_size, (14, 14), canonical_scale=self.canonical_scale)
        return ops.moveaxis(widened(self.mask_predictor(self.mask_head(cut))), -1, 1)

    def targets(
        self, proposals: Tensor, valid: Tensor, boxes: Tensor, labels: Tensor, priorities: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of every proposal (N, P): whether it was sampled, its class, the index of its target, and the codes (N, P, 4) of that target's box."""
        matches = match(box_iou(boxes, proposals), self.fg_iou, self.bg_iou, valid=labels > 0)
        target = ops.maximum(matches, 0)
        kind = ops.where(matches >= 0, ops.cast(pick(labels, target), "int64"), matches + 1)  # background 0, between the thresholds −1
        kind = ops.where(valid, kind, -1)
        priorities = keras.random.uniform(ops.shape(kind), dtype=boxes.dtype, seed=self.draws) if priorities is None else priorities
        positive, negative = sample(kind, priorities, self.batch_size_per_image, self.positive_fraction)
        fitting = (kind > 0)[..., None]
        unit = ops.convert_to_tensor([0.0, 0.0, 1.0, 1.0], boxes.dtype)  # where nothing has to be found, and a filler box would have no logarithm
        codes = encode_boxes(ops.where(fitting, pick(boxes, target), unit), ops.where(fitting, proposals, unit), WEIGHTS)
        return ops.logical_or(positive, negative), kind, target, codes

    def losses(
        self, features: tuple[Tensor, ...], image_size: tuple[int, int], proposals: Tensor, valid: Tensor, boxes: Tensor, labels: Tensor, masks: Tensor
    ) -> dict[str, Tensor]:
        """Class, box and mask loss of the sampled proposals."""
        proposals, valid = ops.concatenate([proposals, boxes], axis=1), ops.concatenate([valid, labels > 0], axis=1)
        sampled, kind, target, codes = self.targets(proposals, valid, boxes, labels)
        first = _front(sampled, self.batch_size_per_image)
        proposals, sampled, kind, target, codes = (pick(values, first) for values in (proposals, sampled, kind, target, codes))
        scores, predicted = self.boxes_of(features, _with_image(proposals), image_size)
        k = kind.shape[1]
        scores, predicted = ops.reshape(scores, (-1, k, self.num_classes)), ops.reshape(predicted, (-1, k, self.num_classes, 4))
        answer = dict(zip(("loss_classifier", "loss_box_reg"), box_loss(scores, predicted, ops.maximum(kind, 0), codes, sampled), strict=True))
        positive = ops.logical_and(sampled, kind > 0)
        first = _front(positive, max(int(self.batch_size_per_image * self.positive_fraction), 1))
        proposals, positive, kind, target = (pick(values, first) for values in (proposals, positive, kind, target))
        rois = _with_image(proposals)
        logits = self.masks_of(features, rois, image_size)
        target = ops.cast(target, "int32") + _images(target) * masks.shape[1]
        wanted = project_masks(ops.reshape(masks, (-1, *masks.shape[2:])), rois[:, 1:], ops.reshape(target, (-1,)), logits.shape[-1])
        shape = (-1, first.shape[1])
        loss = mask_loss(ops.reshape(logits, (*shape, *logits.shape[1:])), ops.reshape(wanted, (*shape, *wanted.shape[1:])), ops.maximum(kind, 0), positive)
        return answer | {"loss_mask": loss}

    def detections(self, features: tuple[Tensor, ...], image_size: tuple[int, int], proposals: Tensor, valid: Tensor, limits: Tensor) -> dict[str, Tensor]:
        """The best boxes of all classes, and their masks."""
        p, classes = valid.shape[1], self.num_classes
        scores, codes = self.boxes_of(features, _with_image(proposals), image_size)
        scores = ops.swapaxes(ops.reshape(ops.softmax(scores, axis=1), (-1, p, classes))[..., 1:], 1, 2)  # (N, classes − 1, P): background is no detection
        boxes = decode_boxes(ops.reshape(codes, (-1, p, classes, 4)), proposals[:, :, None], WEIGHTS)
        boxes = ops.swapaxes(clip_boxes(boxes, limits[:, None])[:, :, 1:], 1, 2)
        large = ops.all(boxes[..., 2:] - boxes[..., :2] >= ops.convert_to_tensor(SMALLEST, boxes.dtype), axis=-1)
        good = ops.logical_and(ops.logical_and(valid[:, None], scores > ops.convert_to_tensor(self.score_thresh, scores.dtype)), large)
        keep = keep_mask(boxes, scores, self.nms_thresh, valid=good)
        flat = ops.reshape(scores, (-1, (classes - 1) * p))
        candidates = ops.where(ops.reshape(keep, (-1, (classes - 1) * p)), ops.stop_gradient(flat), -ops.ones_like(flat))
        best, index = ops.top_k(candidates, min(self.detections_per_img, (classes - 1) * p))
        kept = best >= 0
        some = ops.cast(kept, boxes.dtype)
        boxes = pick(ops.reshape(boxes, (-1, (classes - 1) * p, 4)), index) * some[..., None]
        labels = ops.where(kept, ops.cast(index // p + 1, "int64"), 0)
        logits = self.masks_of(features, _with_image(boxes), image_size)
        masks = pick(logits, ops.reshape(labels, (-1, 1)))[:, 0]
        masks = ops.reshape(ops.sigmoid(masks), (-1, kept.shape[1], *logits.shape[2:])) * some[..., None, None]
        return {"boxes": boxes, "labels": labels, "scores": pick(flat, index) * some, "masks": masks}


def _front(mask: Tensor, size: int) -> Tensor:
    """Indices (N, K) of those in the mask, in order, then of others."""
    return ops.top_k(ops.cast(mask, "int32"), min(size, mask.shape[1]))[1]


def _images(like: Tensor) -> Tensor:
    """(N, P) numbers of the images, whose number may be known at run time only."""
    return ops.cumsum(ops.ones_like(like, dtype="int32"), axis=0) - 1


def _with_image(boxes: Tensor) -> Tensor:
    """Rois (N·P, 5), as image, x1, y1, x2, y2, of boxes (N, P, 4)."""
    boxes = ops.stop_gradient(boxes)
    image = ops.cast(_images(boxes[..., 0]), boxes.dtype)
    return ops.reshape(ops.concatenate([image[..., None], boxes], axis=-1), (-1, 5))
