"""A current YOLO, without anchors, channels last: every cell says how far the four sides are, as a distribution, and beside it which class there is."""

from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Float, Int
from keras import ops

from tf_impl.layers._twin import Twin, widened
from tf_impl.layers.container import ModuleList, Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._darknet import check_images, conv_norm
from tf_impl.models._model import Model
from tf_impl.models.detection._picking import pick
from tf_impl.models.detection._sums import binary, sum_where
from tf_impl.models.detection.boxes import check_targets, complete_iou
from tf_impl.models.detection.postprocess import best_detections
from tf_impl.typing import Tensor

STRIDES = (8, 16, 32)
BOX, CLASS, DISTRIBUTION = 7.5, 0.5, 1.5  # how much each loss counts
_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class CrossStage(Twin):
    """1×1, of which one half goes through blocks of two 3×3 convolutions, each of whose outputs joins the end; then 1×1.

    Args:
        in_channels, out_channels: of input and output.
        depth: number of blocks.
        shortcut: add each block's input to its output.

    Shapes:
        input (N, H, W, in_channels), output (N, H, W, out_channels).

    Differs from PyTorch: channels are last.
    """

    def __init__(self, in_channels: int, out_channels: int, depth: int = 1, shortcut: bool = True, **kwargs) -> None:
        super().__init__(**kwargs)
        self.hidden, self.shortcut = out_channels // 2, shortcut
        self.conv1 = conv_norm(in_channels, 2 * self.hidden, 1, activation="silu")
        self.blocks = ModuleList(
            Sequential(conv_norm(self.hidden, self.hidden, 3, activation="silu"), conv_norm(self.hidden, self.hidden, 3, activation="silu"))
            for _ in range(depth)
        )
        self.conv2 = conv_norm((2 + depth) * self.hidden, out_channels, 1, activation="silu")

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w c2"]:
        parts = ops.split(self.conv1(x), 2, axis=-1)
        for block in self.blocks:
            y = block(parts[-1])
            parts.append(parts[-1] + y if self.shortcut else y)
        return self.conv2(ops.concatenate(parts, axis=-1))


@_register
class PooledPyramid(Twin):
    """What is seen through windows of 1, 5, 9 and 13 pixels, side by side: the same maxima once, twice, thrice.

    Args:
        in_channels, out_channels: of input and output.

    Shapes:
        input (N, H, W, in_channels), output (N, H, W, out_channels).

    Differs from PyTorch: channels are last.
    """

    def __init__(self, in_channels: int, out_channels: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.conv1 = conv_norm(in_channels, in_channels // 2, 1, activation="silu")
        self.pool = MaxPool2d(5, 1, 2)
        self.conv2 = conv_norm(in_channels // 2 * 4, out_channels, 1, activation="silu")

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w c2"]:
        parts = [self.conv1(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.conv2(ops.concatenate(parts, axis=-1))


@_register
class YOLOAnchorFree(Model):
    r"""Backbone, pyramid down and up, and two heads at three scales.

    $$ d = \sum_{k=0}^{R-1} k\,\mathrm{softmax}(z)_k, \qquad \text{box} = (c_x - d_l,\; c_y - d_t,\; c_x + d_r,\; c_y + d_b)\cdot s $$

    Args:
        num_classes: without background.
        width: channels of the first convolution; 16, 32, 48 are the sizes n, s, m of YOLOv8.
        depths: blocks of the four stages; the pyramid's have as many as the first.
        in_channels: channels of the images.
        reg_max: R, the distances 0 … R − 1 that a side may have, in cells.
        topk: cells that a target may have.
        score_threshold, iou_threshold, pre_nms, detections: which detections remain, see `best_detections`.

    Shapes:
        images (N, H, W, C) in 0 … 1, sides multiples of 32; targets: boxes (N, M, 4) in pixels, labels (N, M) from 1 on, 0 where there is none;
        output in training three losses, else distances (N, P, 4·R) and classes (N, P, classes), logits, boxes (N, D, 4), labels and scores (N, D).

    Raises:
        ValueError: images with other channels, of integers or other sides; targets that are missing or without area.

    Differs from PyTorch:
        Channels are last, so the answers of a cell already stand together. Nothing is picked out by a mask: what does not count is put to zero before sums,
        so that it compiles.

    Source: Ultralytics YOLOv8 2023; Feng et al. 2021, arXiv:2108.07755; Li et al. 2020, arXiv:2006.04388; Zheng et al. 2020, arXiv:1911.08287.
    """

    def __init__(self, num_classes: int = 80, width: int = 16, depths: Sequence[int] = (1, 2, 2, 1), in_channels: int = 3, reg_max: int = 16,
                 topk: int = 10, score_threshold: float = 0.25, iou_threshold: float = 0.7, pre_nms: int = 1000, detections: int = 100,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(**{"autocast": False, **kwargs})  # coordinates keep their digits where convolutions run in half precision
        self.num_classes, self.in_channels, self.reg_max, self.topk = num_classes, in_channels, reg_max, topk
        self.options = {"score_threshold": score_threshold, "iou_threshold": iou_threshold, "pre_nms": pre_nms, "detections": detections}
        c1, c2, c3, c4, c5 = (width * 2**i for i in range(5))
        self.stem = conv_norm(in_channels, c1, 3, 2, "silu")
        self.stages = ModuleList(
            Sequential(conv_norm(before, after, 3, 2, "silu"), CrossStage(after, after, depth))
            for before, after, depth in zip((c1, c2, c3, c4), (c2, c3, c4, c5), depths, strict=True)
        )
        self.pooled = PooledPyramid(c5, c5)
        deep = depths[0]
        self.down4, self.down3 = CrossStage(c5 + c4, c4, deep, False), CrossStage(c4 + c3, c3, deep, False)
        self.lower3, self.lower4 = conv_norm(c3, c3, 3, 2, "silu"), conv_norm(c4, c4, 3, 2, "silu")
        self.up4, self.up5 = CrossStage(c3 + c4, c4, deep, False), CrossStage(c4 + c5, c5, deep, False)
        places, kinds = max(16, c3 // 4, 4 * reg_max), max(c3, min(num_classes, 100))
        self.places = ModuleList(_head(c, places, 4 * reg_max) for c in (c3, c4, c5))
        self.kinds = ModuleList(_head(c, kinds, num_classes) for c in (c3, c4, c5))

    def call(
        self, images: Float[Tensor, "n h w c"], boxes: Tensor | None = None, labels: Tensor | None = None, training: bool | None = None
    ) -> dict[str, Tensor]:
        """Three losses in training, else logits and detections."""
        check_images(self, images, self.in_channels, 32)
        size = tuple(images.shape[1:3])
        distances, classes = self.predict_all(images)
        if training:
            if boxes is None or labels is None:
                raise ValueError("in training YOLOAnchorFree needs boxes and labels; call it with training=False for detections")
            return anchor_free_loss(distances, classes, boxes, labels, size, self.topk)
        found = best_detections(decode_distances(distances, size), ops.sigmoid(classes), **self.options)
        return {"distances": distances, "classes": classes, **found}

    def predict_all(self, images: Float[Tensor, "n h w c"]) -> tuple[Float[Tensor, "n p r4"], Float[Tensor, "n p classes"]]:
        """Distances (N, P, 4·R) and classes (N, P, classes), logits."""
        x = self.stages[0](self.stem(images))
        c3 = self.stages[1](x)
        c4 = self.stages[2](c3)
        c5 = self.pooled(self.stages[3](c4))
        d4 = self.down4(ops.concatenate([_twice(c5), c4], axis=-1))
        p3 = self.down3(ops.concatenate([_twice(d4), c3], axis=-1))
        p4 = self.up4(ops.concatenate([self.lower3(p3), d4], axis=-1))
        p5 = self.up5(ops.concatenate([self.lower4(p4), c5], axis=-1))
        answers = []
        for heads, count in ((self.places, 4 * self.reg_max), (self.kinds, self.num_classes)):
            flat = [ops.reshape(head(level), (-1, level.shape[1] * level.shape[2], count)) for head, level in zip(heads, (p3, p4, p5), strict=True)]
            answers.append(widened(ops.concatenate(flat, axis=1)))
        return tuple(answers)


def cell_centres(size: tuple[int, int]) -> tuple[Float[Tensor, "p 2"], Float[Tensor, "p 1"]]:
    """Of every cell its centre (P, 2) in cells, and its stride (P, 1)."""
    centres, strides = [], []
    for stride in STRIDES:
        y, x = np.meshgrid(np.arange(size[0] // stride), np.arange(size[1] // stride), indexing="ij")
        centres.append(np.stack([x, y], -1).reshape(-1, 2) + 0.5)
        strides.append(np.full((x.size, 1), stride))
    return tuple(ops.convert_to_tensor(np.concatenate(part), keras.config.floatx()) for part in (centres, strides))


def decode_distances(distances: Float[Tensor, "n p r4"], size: tuple[int, int]) -> Float[Tensor, "n p 4"]:
    """Boxes (N, P, 4) in pixels: the mean of each distribution, from the cell's centre."""
    centres, strides = (ops.cast(part, distances.dtype) for part in cell_centres(size))
    shares = ops.softmax(_four(distances), axis=-1)
    d = ops.sum(shares * ops.arange(shares.shape[-1], dtype=shares.dtype), axis=-1)
    return ops.concatenate([centres - d[..., :2], centres + d[..., 2:]], axis=-1) * strides


def align_targets(
    scores: Float[Tensor, "n p classes"],
    found: Float[Tensor, "n p 4"],
    boxes: Float[Tensor, "n m 4"],
    labels: Int[Tensor, "n m"],
    size: tuple[int, int],
    topk: int = 10,
    eps: float = 1e-9,
) -> tuple[Int[Tensor, "n p"], Float[Tensor, "n p"]]:
    """Which target every cell (N, P) has to find, or −1, and its weight. `scores` (N, P, classes) are probabilities, `found` (N, P, 4) the boxes so far."""
    eps = ops.convert_to_tensor(eps, boxes.dtype)
    centres, strides = (ops.cast(part, boxes.dtype) for part in cell_centres(size))
    points = centres * strides
    inside = ops.min(ops.concatenate([points - boxes[:, :, None, :2], boxes[:, :, None, 2:] - points], axis=-1), axis=-1) > eps
    allowed = ops.logical_and(inside, (labels > 0)[..., None])
    score = pick(ops.swapaxes(scores, 1, 2), ops.maximum(labels - 1, 0))
    safe = ops.where((labels > 0)[..., None], boxes, ops.convert_to_tensor([0.0, 0.0, 1.0, 1.0], boxes.dtype))
    overlap = ops.relu(complete_iou(safe[:, :, None], found[:, None])) * ops.cast(allowed, boxes.dtype)
    alignment = ops.sqrt(score) * overlap**6 * ops.cast(allowed, boxes.dtype)
    lowest = ops.top_k(alignment, min(topk, alignment.shape[-1]))[0][..., -1:]
    mine = ops.logical_and(allowed, ops.logical_and(alignment > 0, alignment >= lowest))
    owner = ops.argmax(overlap * ops.cast(mine, boxes.dtype), axis=1)
    mine = ops.logical_and(mine, ops.equal(ops.arange(boxes.shape[1], dtype=owner.dtype)[:, None], owner[:, None]))
    alignment, overlap = (part * ops.cast(mine, boxes.dtype) for part in (alignment, overlap))
    scale = ops.max(overlap, axis=-1, keepdims=True) / (ops.max(alignment, axis=-1, keepdims=True) + eps)
    return ops.where(ops.any(mine, axis=1), ops.cast(owner, "int64"), -1), ops.max(alignment * scale, axis=1)


def anchor_free_loss(
    distances: Float[Tensor, "n p r4"],
    classes: Float[Tensor, "n p classes"],
    boxes: Float[Tensor, "n m 4"],
    labels: Int[Tensor, "n m"],
    size: tuple[int, int],
    topk: int = 10,
) -> dict[str, Tensor]:
    """Place, class and distribution, over the sum of all alignments."""
    check_targets(boxes, labels)
    boxes = ops.cast(boxes, distances.dtype)
    found = decode_distances(distances, size)
    target, weight = align_targets(ops.sigmoid(ops.stop_gradient(classes)), ops.stop_gradient(found), boxes, labels, size, topk)
    positive = target >= 0
    kind = ops.where(positive, ops.cast(pick(labels, ops.maximum(target, 0)), "int64") - 1, -1)
    wanted = ops.one_hot(kind, classes.shape[2], dtype=classes.dtype) * weight[..., None]
    total = ops.maximum(ops.sum(wanted), ops.ones((), wanted.dtype))
    centres, strides = (ops.cast(part, distances.dtype) for part in cell_centres(size))
    own = ops.where(positive[..., None], pick(boxes, ops.maximum(target, 0)), ops.stop_gradient(found))  # a filler box has no shape
    log = ops.log_softmax(_four(distances), axis=-1)
    sides = ops.concatenate([centres - own[..., :2] / strides, own[..., 2:] / strides - centres], axis=-1)
    sides = ops.clip(sides, 0, ops.convert_to_tensor(log.shape[-1] - 1 - 0.01, sides.dtype))
    share = ops.relu(1 - ops.abs(sides[..., None] - ops.arange(log.shape[-1], dtype=sides.dtype)))  # of the whole numbers below and above, else 0
    between = ops.sum(share * log, axis=-1)
    return {
        "loss_box": BOX * sum_where(positive, (1 - complete_iou(found, own)) * weight) / total,
        "loss_class": CLASS * ops.sum(binary(classes, wanted)) / total,
        "loss_distribution": DISTRIBUTION * sum_where(positive, -ops.mean(between, axis=-1) * weight) / total,
    }


def _head(in_channels: int, channels: int, answers: int) -> Sequential:
    parts = conv_norm(in_channels, channels, 3, activation="silu"), conv_norm(channels, channels, 3, activation="silu"), Conv2d(channels, answers, 1)
    return Sequential(*parts)


def _four(distances: Tensor) -> Tensor:
    """(N, P, 4·R) → (N, P, 4, R)."""
    return ops.reshape(distances, (-1, distances.shape[1], 4, distances.shape[2] // 4))


def _twice(x: Tensor) -> Tensor:
    return ops.repeat(ops.repeat(x, 2, axis=1), 2, axis=2)
