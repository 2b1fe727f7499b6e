r"""Region proposal network, channels last: at every anchor, is there something, and where exactly; the best answers are the proposals.

Proposals: of every level the `pre_nms` likeliest, decoded, cut at the image's edge, without those under 10⁻³ pixels, suppressed within their level at
IoU 0.7, of which the `post_nms` likeliest remain. They get no gradient. There are always as many; those that are none are zeros and not valid.
"""

from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.activations.relu import ReLU
from tf_impl.layers._twin import Twin, widened
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.models.detection._picking import pick
from tf_impl.models.detection.anchors import grid_anchors
from tf_impl.models.detection.boxes import box_iou, clip_boxes, decode_boxes, encode_boxes
from tf_impl.models.detection.losses import rpn_loss
from tf_impl.models.detection.matcher import BETWEEN, match, sample
from tf_impl.models.detection.nms import keep_mask
from tf_impl.typing import Tensor

RATIOS = (0.5, 1.0, 2.0)
SMALLEST = 1e-3
_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class RPNHead(Twin):
    """One 3×3 convolution for all levels, then a score and four numbers for each anchor.

    Args:
        in_channels: channels of every level.
        num_anchors: anchors at a place.

    Shapes:
        input a tuple of (N, H_l, W_l, C); output scores (N, A) and codes (N, A, 4) of all anchors, place by place.

    Differs from PyTorch:
        The answers need no permutation: channels are last, so the anchors of a place already stand together.

    Source: Ren et al. 2015, arXiv:1506.01497.
    """

    def __init__(self, in_channels: int, num_anchors: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.num_anchors = num_anchors
        start = {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.01), "bias_initializer": "zeros"}
        self.conv = Sequential(Sequential(Conv2d(in_channels, in_channels, 3, padding=1, **start), ReLU(inplace=True)))
        self.cls_logits = Conv2d(in_channels, num_anchors, 1, **start)
        self.bbox_pred = Conv2d(in_channels, num_anchors * 4, 1, **start)
        self.built = True

    def call(self, features: tuple[Tensor, ...]) -> tuple[Float[Tensor, "n a"], Float[Tensor, "n a 4"]]:
        scores, codes = [], []
        for level in features:
            x = self.conv(level)
            places = level.shape[1] * level.shape[2]
            scores.append(ops.reshape(self.cls_logits(x), (-1, places * self.num_anchors)))
            codes.append(ops.reshape(self.bbox_pred(x), (-1, places * self.num_anchors, 4)))
        return ops.concatenate(scores, axis=1), ops.concatenate(codes, axis=1)


@_register
class RegionProposalNetwork(Twin):
    """The head, the choice of proposals, and in training its two losses. Pairs are (training, evaluation).

    Args:
        in_channels: channels of every level.
        sizes: sides of the anchors of each level, in pixels of the image.
        pre_nms, post_nms: how many go into the suppression, of each level, and how many come out.
        nms_threshold: IoU above which a proposal gives way.
        fg_iou, bg_iou: an anchor has something from the one on, nothing below the other.
        batch_size_per_image, positive_fraction: how many anchors a training step looks at.

    Shapes:
        input a tuple of (N, H_l, W_l, C); output objectness (N, A), codes (N, A, 4), proposals (N, P, 4), valid (N, P), and the losses, if `boxes` are given.

    Raises:
        ValueError: as many `sizes` as levels are needed.

    Differs from PyTorch:
        Every image has P proposals, and a mask says which are any, so that shapes do not depend on values and it compiles; `torch_ref` is built alike,
        torchvision returns lists of any length.

    Source: Ren et al. 2015, arXiv:1506.01497; Lin et al. 2017, arXiv:1612.03144, 4.1.
    """

    def __init__(
        self,
        in_channels: int,
        sizes: Sequence[Sequence[int]] = ((32,), (64,), (128,), (256,), (512,)),
        pre_nms: tuple[int, int] = (2000, 1000),
        post_nms: tuple[int, int] = (2000, 1000),
        nms_threshold: float = 0.7,
        fg_iou: float = 0.7,
        bg_iou: float = 0.3,
        batch_size_per_image: int = 256,
        positive_fraction: float = 0.5,
        **kwargs,
    ) -> None:
        super().__init__(**{"autocast": False, **kwargs})  # coordinates keep their digits where convolutions run in half precision
        self.sizes = tuple(map(tuple, sizes))
        self.pre_nms, self.post_nms, self.nms_threshold = pre_nms, post_nms, nms_threshold
        self.fg_iou, self.bg_iou = fg_iou, bg_iou
        self.batch_size_per_image, self.positive_fraction = batch_size_per_image, positive_fraction
        self.head = RPNHead(in_channels, len(self.sizes[0]) * len(RATIOS))
        self.draws = keras.random.SeedGenerator()
        self.built = True

    def call(
        self,
        features: tuple[Tensor, ...],
        images: Float[Tensor, "n h w c"],
        boxes: Tensor | None = None,
        labels: Tensor | None = None,
        sizes: Tensor | None = None,
        training: bool | None = None,
    ) -> dict[str, Tensor]:
        """`boxes` (N, M, 4) and `labels` (N, M), 0 where there is none, give the losses; `sizes` (N, 2): images that do not fill their frame."""
        image_size = tuple(images.shape[1:3])
        objectness, codes = map(widened, self.head(features))
        shapes = [tuple(level.shape[1:3]) for level in features]
        anchors = ops.cast(grid_anchors(shapes, image_size, self.sizes, (RATIOS,) * len(self.sizes)), codes.dtype)
        counts = [h * w * len(scales) * len(RATIOS) for (h, w), scales in zip(shapes, self.sizes, strict=True)]
        limits = ops.convert_to_tensor([image_size], "int32") if sizes is None else sizes
        answer = {"objectness": objectness, "codes": codes}
        answer["proposals"], answer["valid"] = self.propose(ops.stop_gradient(objectness), ops.stop_gradient(codes), anchors, counts, limits, training)
        if boxes is not None and labels is not None:
            positive, negative, targets = self.targets(anchors, boxes, labels)
            answer["loss_objectness"], answer["loss_rpn_box_reg"] = rpn_loss(objectness, codes, targets, positive, negative)
        return answer

    def propose(self, objectness: Tensor, codes: Tensor, anchors: Tensor, counts: list[int], limits: Tensor, training: bool | None) -> tuple[Tensor, Tensor]:
        """Proposals (N, P, 4), the likeliest first, and which of them are any."""
        pre, post = (pair[not training] for pair in (self.pre_nms, self.post_nms))
        starts = np.cumsum([0, *counts])
        top = [ops.top_k(objectness[:, start : start + n], min(pre, n))[1] + int(start) for n, start in zip(counts, starts[:-1], strict=True)]
        index = ops.concatenate(top, axis=1)
        levels = ops.convert_to_tensor(np.repeat(np.arange(len(counts)), [min(pre, n) for n in counts])[None])
        boxes = clip_boxes(decode_boxes(pick(codes, index), ops.take(anchors, index, axis=0)), limits)
        scores = ops.sigmoid(pick(objectness[..., None], index)[..., 0])
        valid = ops.all(boxes[..., 2:] - boxes[..., :2] >= ops.convert_to_tensor(SMALLEST, boxes.dtype), axis=-1)
        keep = keep_mask(boxes, scores, self.nms_threshold, levels, valid)
        best, order = ops.top_k(ops.where(keep, scores, -ops.ones_like(scores)), min(post, index.shape[1]))
        kept = best >= 0
        return pick(boxes, order) * ops.cast(kept, boxes.dtype)[..., None], kept

    def targets(self, anchors: Tensor, boxes: Tensor, labels: Tensor, priorities: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Which anchors have to say yes, which no, (N, A) each, and the codes (N, A, 4) of the boxes that they have to find."""
        matches = match(box_iou(boxes, anchors[None]), self.fg_iou, self.bg_iou, allow_low_quality=True, valid=labels > 0)
        found = ops.where((matches >= 0)[..., None], pick(boxes, ops.maximum(matches, 0)), anchors)  # a filler box has no logarithm
        kind = ops.where(ops.equal(matches, BETWEEN), -1, ops.cast(matches >= 0, "int64"))
        priorities = keras.random.uniform(ops.shape(kind), dtype=boxes.dtype, seed=self.draws) if priorities is None else priorities
        positive, negative = sample(kind, priorities, self.batch_size_per_image, self.positive_fraction)
        return positive, negative, encode_boxes(found, anchors)
