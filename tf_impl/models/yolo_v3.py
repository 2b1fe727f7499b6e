"""YOLO v3, channels last: Darknet-53, three scales, three anchors at every cell, all in one pass."""

from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Float, Int
from keras import ops

from tf_impl.layers._twin import Twin, widened
from tf_impl.layers.container import ModuleList, Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.models._darknet import check_images, conv_norm
from tf_impl.models._model import Model
from tf_impl.models.detection._picking import pick
from tf_impl.models.detection._sums import binary, sum_where
from tf_impl.models.detection.boxes import box_iou, check_targets
from tf_impl.models.detection.postprocess import best_detections
from tf_impl.typing import Tensor

ANCHORS = (((116, 90), (156, 198), (373, 326)), ((30, 61), (62, 45), (59, 119)), ((10, 13), (16, 30), (33, 23)))  # COCO's, for strides 32, 16, 8
STRIDES = (32, 16, 8)
_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class Residual(Twin):
    """1×1 to half the channels, 3×3 back, added to the input.

    Args:
        channels: of input and output.

    Shapes:
        input and output (N, H, W, channels).

    Differs from PyTorch: channels are last.
    """

    def __init__(self, channels: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.conv1 = conv_norm(channels, channels // 2, 1)
        self.conv2 = conv_norm(channels // 2, channels, 3)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w c"]:
        return x + self.conv2(self.conv1(x))


@_register
class Darknet53(Model):
    """Five stages, each half the size and twice the channels: 52 convolutions with blocks 1, 2, 8, 8, 4 (the 53rd layer classified ImageNet).

    Args:
        width: channels of the first convolution.
        blocks: residual blocks of each stage.
        in_channels: channels of the images.

    Shapes:
        input (N, H, W, C); output the last three stages', of 1/32, 1/16 and 1/8 of the size with 32, 16 and 8 times `width` channels.

    Differs from PyTorch:
        Channels are last; the stride of 2 pads symmetrically, which Keras' "same" does not for even sizes.

    Source: Redmon and Farhadi 2018, arXiv:1804.02767, table 1.
    """

    def __init__(self, width: int = 32, blocks: Sequence[int] = (1, 2, 8, 8, 4), in_channels: int = 3, **kwargs) -> None:
        super().__init__(**kwargs)
        self.stem = conv_norm(in_channels, width, 3)
        self.stages = ModuleList(
            Sequential(conv_norm(width * 2**i, width * 2 ** (i + 1), 3, 2), *(Residual(width * 2 ** (i + 1)) for _ in range(depth)))
            for i, depth in enumerate(blocks)
        )

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """The last three stages' outputs, the coarsest first."""
        x = self.stem(x)
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs[-1], outputs[-2], outputs[-3]


@_register
class YOLOv3(Model):
    r"""Darknet-53, and at each of three scales five convolutions, then one and the answers; the coarser scale's features join the finer one's.

    $$ b_x = (\sigma(t_x) + c_x)\,s, \quad b_w = p_w e^{t_w}, \quad \text{score}_k = \sigma(t_o)\,\sigma(t_k) $$

    Args:
        num_classes: without background.
        width, blocks, in_channels: Darknet's.
        anchors: width and height of each anchor, for strides 32, 16 and 8.
        score_threshold, iou_threshold, pre_nms, detections: which detections remain, see `best_detections`.

    Shapes:
        images (N, H, W, C) in 0 … 1, sides multiples of 32; targets: boxes (N, M, 4) in pixels, labels (N, M) from 1 on, 0 where there is none;
        output in training three losses, else predictions (N, P, 5 + classes), boxes (N, D, 4), labels and scores (N, D), zeros after the last.

    Raises:
        ValueError: images with other channels, of integers or other sides; targets that are missing or without area.

    Differs from PyTorch:
        Channels are last, so the answers of a cell already stand together. Targets are found by comparison with every anchor, not written to their places,
        so that it compiles.

    Source: Redmon and Farhadi 2018, arXiv:1804.02767; Darknet's `yolo_layer.c`.
    """

    def __init__(self, num_classes: int = 80, width: int = 32, blocks: Sequence[int] = (1, 2, 8, 8, 4), in_channels: int = 3,
                 anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS, score_threshold: float = 0.25, iou_threshold: float = 0.45,
                 pre_nms: int = 1000, detections: int = 100, **kwargs) -> None:  # fmt: skip
        super().__init__(**{"autocast": False, **kwargs})  # coordinates keep their digits where convolutions run in half precision
        self.num_classes, self.in_channels = num_classes, in_channels
        self.anchors = tuple(tuple(map(tuple, scale)) for scale in anchors)
        self.options = {"score_threshold": score_threshold, "iou_threshold": iou_threshold, "pre_nms": pre_nms, "detections": detections}
        self.backbone = Darknet53(width, blocks, in_channels)
        channels = [width * 16, width * 8, width * 4]  # of the five convolutions' outputs
        self.necks = ModuleList(_neck(2 * c + (c if i else 0), c) for i, c in enumerate(channels))
        self.lifts = ModuleList(conv_norm(c, c // 2, 1) for c in channels[:2])
        self.heads = ModuleList(
            Sequential(conv_norm(c, 2 * c, 3), Conv2d(2 * c, len(scale) * (5 + num_classes), 1))
            for c, scale in zip(channels, self.anchors, strict=True)
        )  # fmt: skip

    def call(
        self, images: Float[Tensor, "n h w c"], boxes: Tensor | None = None, labels: Tensor | None = None, training: bool | None = None
    ) -> dict[str, Tensor]:
        """Three losses in training, else predictions and detections."""
        check_images(self, images, self.in_channels, 32)
        predictions = self.predict_all(images)
        size = tuple(images.shape[1:3])
        if training:
            if boxes is None or labels is None:
                raise ValueError("in training YOLOv3 needs boxes and labels; call it with training=False for detections")
            return yolo_v3_loss(predictions, boxes, labels, size, self.anchors)
        found, objects, classes = decode_predictions(predictions, size, self.anchors)
        return {"predictions": predictions, **best_detections(found, objects[..., None] * classes, **self.options)}

    def predict_all(self, images: Float[Tensor, "n h w c"]) -> Float[Tensor, "n p answers"]:
        """(N, P, 5 + classes)."""
        answers, lifted = [], None
        for i, features in enumerate(self.backbone(images)):
            x = self.necks[i](features if lifted is None else ops.concatenate([lifted, features], axis=-1))
            anchors = features.shape[1] * features.shape[2] * len(self.anchors[i])
            answers.append(ops.reshape(self.heads[i](x), (-1, anchors, 5 + self.num_classes)))
            lifted = ops.repeat(ops.repeat(self.lifts[i](x), 2, axis=1), 2, axis=2) if i < 2 else None
        return widened(ops.concatenate(answers, axis=1))


def decode_predictions(
    predictions: Float[Tensor, "n p answers"], size: tuple[int, int], anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS
) -> tuple[Float[Tensor, "n p 4"], Float[Tensor, "n p"], Float[Tensor, "n p classes"]]:
    """Boxes (N, P, 4) in pixels, objectness (N, P) and classes (N, P, classes) as probabilities."""
    cells, priors, strides = (ops.cast(part, predictions.dtype) for part in grid(size, anchors))
    centre = (ops.sigmoid(predictions[..., :2]) + cells) * strides
    half = 0.5 * priors * ops.exp(predictions[..., 2:4])
    return ops.concatenate([centre - half, centre + half], axis=-1), ops.sigmoid(predictions[..., 4]), ops.sigmoid(predictions[..., 5:])


def assign_targets(
    boxes: Float[Tensor, "n m 4"], labels: Int[Tensor, "n m"], size: tuple[int, int], anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS
) -> Int[Tensor, "n p"]:
    """Which target every anchor (N, P) has to find: its index, or −1."""
    shapes = ops.convert_to_tensor([shape for scale in anchors for shape in scale], boxes.dtype)
    sides = boxes[..., 2:] - boxes[..., :2]
    shared = ops.prod(ops.minimum(sides[..., None, :], shapes), axis=-1)
    best = ops.cast(ops.argmax(shared / (ops.prod(sides, axis=-1)[..., None] + ops.prod(shapes, axis=-1) - shared), axis=-1), "int32")
    start, first, index = 0, 0, -ops.ones_like(best)
    for scale, stride in zip(anchors, STRIDES, strict=True):
        rows, columns = size[0] // stride, size[1] // stride
        cell = ops.cast((boxes[..., :2] + boxes[..., 2:]) / 2 / stride, "int32")
        x, y = ops.clip(cell[..., 0], 0, columns - 1), ops.clip(cell[..., 1], 0, rows - 1)
        place = start + (y * columns + x) * len(scale) + best - first
        mine = ops.logical_and(ops.logical_and(best >= first, best < first + len(scale)), labels > 0)
        index = ops.where(mine, place, index)
        start, first = start + rows * columns * len(scale), first + len(scale)
    hit = ops.equal(index[..., None], ops.arange(start, dtype="int32"))
    number = ops.arange(boxes.shape[1], dtype="int64")[:, None]
    return ops.max(ops.where(hit, number, -1), axis=1)  # the later has it


def yolo_v3_loss(
    predictions: Float[Tensor, "n p answers"],
    boxes: Float[Tensor, "n m 4"],
    labels: Int[Tensor, "n m"],
    size: tuple[int, int],
    anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS,
    ignore: float = 0.5,
) -> dict[str, Tensor]:
    """Place, object and classes, each a sum over the number of images. Anchors that overlap a target by more than `ignore` need not be empty."""
    check_targets(boxes, labels)
    boxes = ops.cast(boxes, predictions.dtype)
    target = assign_targets(boxes, labels, size, anchors)
    positive = target >= 0
    overlap = box_iou(decode_predictions(ops.stop_gradient(predictions), size, anchors)[0], boxes)
    overlap = ops.where((labels > 0)[:, None], overlap, -ops.ones_like(overlap))
    asked = ops.logical_or(positive, ops.max(overlap, axis=-1) <= ops.convert_to_tensor(ignore, overlap.dtype))
    cells, priors, strides = (ops.cast(part, predictions.dtype) for part in grid(size, anchors))
    own = pick(boxes, ops.maximum(target, 0))
    kind = ops.where(positive, ops.cast(pick(labels, ops.maximum(target, 0)), "int64") - 1, -1)
    sides = ops.where(positive[..., None], own[..., 2:] - own[..., :2], priors)  # a filler box has no logarithm
    weight = 2 - ops.prod(sides, axis=-1) / (size[0] * size[1])
    place = binary(predictions[..., :2], (own[..., :2] + own[..., 2:]) / 2 / strides - cells)
    place = place + 0.5 * (predictions[..., 2:4] - ops.log(sides / priors)) ** 2
    what = binary(predictions[..., 4], ops.cast(positive, predictions.dtype))
    which = binary(predictions[..., 5:], ops.one_hot(kind, predictions.shape[2] - 5, dtype=predictions.dtype))
    sums = {
        "loss_box": sum_where(positive, ops.sum(place, axis=-1) * weight),
        "loss_objectness": sum_where(asked, what),
        "loss_class": sum_where(positive, ops.sum(which, axis=-1)),
    }
    return {name: value / ops.cast(ops.shape(boxes)[0], predictions.dtype) for name, value in sums.items()}


def grid(size: tuple[int, int], anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS) -> tuple[Tensor, Tensor, Tensor]:
    """Of every anchor its cell (P, 2) as x, y, its width and height (P, 2), and its stride (P, 1)."""
    parts = []
    for scale, stride in zip(anchors, STRIDES, strict=True):
        y, x = np.meshgrid(np.arange(size[0] // stride), np.arange(size[1] // stride), indexing="ij")
        cells = np.repeat(np.stack([x, y], -1).reshape(-1, 2), len(scale), axis=0)
        parts.append((cells, np.tile(np.array(scale), (x.size, 1)), np.full((len(cells), 1), stride)))
    return tuple(ops.convert_to_tensor(np.concatenate(part), keras.config.floatx()) for part in zip(*parts, strict=True))


def _neck(in_channels: int, channels: int) -> Sequential:
    """1×1 and 3×3 in turn, five of them."""
    turns = [conv_norm(2 * channels, channels, 1) if i % 2 == 0 else conv_norm(channels, 2 * channels, 3) for i in range(1, 5)]
    return Sequential(conv_norm(in_channels, channels, 1), *turns)
