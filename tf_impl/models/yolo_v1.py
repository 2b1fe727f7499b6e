"""YOLO v1, channels last: the image as S×S cells, each with B boxes and one distribution over classes, from two fully connected layers."""

import math
from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Float, Int
from keras import ops

from tf_impl.activations.leaky_relu import LeakyReLU
from tf_impl.layers._twin import widened
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._model import Model
from tf_impl.models.detection._picking import pick
from tf_impl.models.detection._sums import sum_where
from tf_impl.models.detection.boxes import box_iou, check_targets
from tf_impl.models.detection.postprocess import best_detections
from tf_impl.typing import Tensor

PAPER = (
    ((7, 64, 2), "M"),
    (192, "M"),
    ((1, 128), 256, (1, 256), 512, "M"),
    (*((1, 256), 512) * 4, (1, 512), 1024, "M"),
    (*((1, 512), 1024) * 2, 1024, (3, 1024, 2)),
    (1024, 1024),
)  # channels of a 3×3 convolution; (kernel, channels) or (kernel, channels, stride); "M": maxima 2×2


@keras.saving.register_keras_serializable(package="tf_impl")
class YOLOv1(Model):
    """Convolutions with leaky ReLU, then two fully connected layers. The paper's has no norms.

    Args:
        num_classes: without background.
        image_size: height and width that the fully connected layers are for.
        stages: the convolutions, see `PAPER`.
        hidden: numbers between the two fully connected layers.
        cells: rows and columns S of the grid.
        num_boxes: boxes B of a cell.
        in_channels: channels of the images.
        dropout: share of the hidden numbers that is dropped in training.
        score_threshold, iou_threshold, pre_nms, detections: which detections remain, see `best_detections`.

    Shapes:
        images (N, H, W, C) in 0 … 1; targets: boxes (N, M, 4) in pixels, labels (N, M) from 1 on, 0 where there is none;
        output in training four losses, else predictions (N, S·S, B·5 + classes), boxes (N, D, 4), labels and scores (N, D), zeros after the last.

    Raises:
        ValueError: images of another size, with other channels or of integers; targets that are missing or without area.

    Differs from PyTorch:
        Channels are last; `Flatten` puts them first for the fully connected layer, so that its weight is PyTorch's transposed and not permuted as well.

    Source: Redmon et al. 2016, arXiv:1506.02640; Darknet's `detection_layer.c`.
    """

    def __init__(self, num_classes: int = 20, image_size: tuple[int, int] = (448, 448), stages: Sequence[Sequence] = PAPER, hidden: int = 4096,
                 cells: tuple[int, int] = (7, 7), num_boxes: int = 2, in_channels: int = 3, dropout: float = 0.5, score_threshold: float = 0.2,
                 iou_threshold: float = 0.5, pre_nms: int = 1000, detections: int = 100, **kwargs) -> None:  # fmt: skip
        super().__init__(**{"autocast": False, **kwargs})  # coordinates keep their digits where convolutions run in half precision
        self.num_classes, self.image_size, self.cells, self.num_boxes, self.in_channels = num_classes, tuple(image_size), tuple(cells), num_boxes, in_channels
        self.options = {"score_threshold": score_threshold, "iou_threshold": iou_threshold, "pre_nms": pre_nms, "detections": detections}
        layers, channels, size = [], in_channels, list(image_size)
        for kernel, wanted, stride in layers_of(stages):
            if kernel:
                layers += [Conv2d(channels, wanted, kernel, stride, kernel // 2), LeakyReLU(0.1)]
                channels = wanted
            else:
                layers.append(MaxPool2d(2, 2))
            size = [math.ceil(side / stride) if kernel else side // 2 for side in size]
        self.features = Sequential(*layers)
        self.classifier = Sequential(
            Flatten(),
            Linear(channels * size[0] * size[1], hidden),
            LeakyReLU(0.1),
            Dropout(dropout),
            Linear(hidden, cells[0] * cells[1] * (num_boxes * 5 + num_classes)),
        )

    def call(
        self, images: Float[Tensor, "n h w c"], boxes: Tensor | None = None, labels: Tensor | None = None, training: bool | None = None
    ) -> dict[str, Tensor]:
        """Four losses in training, else predictions and detections."""
        self.check_images(images, self.in_channels)
        if tuple(images.shape[1:3]) != self.image_size:
            raise ValueError(f"YOLOv1 was built for images of {self.image_size[0]}×{self.image_size[1]}, got {images.shape[1]}×{images.shape[2]}")
        answers = self.num_boxes * 5 + self.num_classes
        predictions = ops.reshape(widened(self.classifier(self.features(images))), (-1, self.cells[0] * self.cells[1], answers))
        if training:
            if boxes is None or labels is None:
                raise ValueError("in training YOLOv1 needs boxes and labels; call it with training=False for detections")
            return yolo_v1_loss(predictions, boxes, labels, self.image_size, self.cells, self.num_boxes)
        found, confidence, classes = decode_cells(predictions, self.image_size, self.cells, self.num_boxes)
        every = self.cells[0] * self.cells[1] * self.num_boxes
        scores = ops.reshape(confidence[..., None] * classes[:, :, None], (-1, every, self.num_classes))
        return {"predictions": predictions, **best_detections(ops.reshape(found, (-1, every, 4)), scores, **self.options)}


def decode_cells(
    predictions: Float[Tensor, "n s answers"], size: tuple[int, int], cells: tuple[int, int] = (7, 7), num_boxes: int = 2
) -> tuple[Float[Tensor, "n s b 4"], Float[Tensor, "n s b"], Float[Tensor, "n s classes"]]:
    """Boxes (N, S·S, B, 4) in pixels, confidences (N, S·S, B), classes (N, S·S, classes)."""
    answers = _boxes_of(predictions, num_boxes)
    y, x = np.meshgrid(np.arange(cells[0]), np.arange(cells[1]), indexing="ij")
    corner = ops.convert_to_tensor(np.stack([x, y], -1).reshape(-1, 1, 2), predictions.dtype)
    scale = ops.convert_to_tensor([size[1], size[0]], predictions.dtype)
    centre = (answers[..., :2] + corner) / ops.convert_to_tensor([cells[1], cells[0]], predictions.dtype) * scale
    half = answers[..., 2:4] ** 2 * scale * 0.5
    return ops.concatenate([centre - half, centre + half], axis=-1), answers[..., 4], predictions[..., num_boxes * 5 :]


def assign_cells(boxes: Float[Tensor, "n m 4"], labels: Int[Tensor, "n m"], size: tuple[int, int], cells: tuple[int, int] = (7, 7)) -> Int[Tensor, "n s"]:
    """Which target every cell (N, S·S) has to find: its index, or −1."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    column = ops.clip(ops.cast(centre[..., 0] / size[1] * cells[1], "int32"), 0, cells[1] - 1)
    row = ops.clip(ops.cast(centre[..., 1] / size[0] * cells[0], "int32"), 0, cells[0] - 1)
    index = ops.where(labels > 0, row * cells[1] + column, -1)
    hit = ops.equal(index[..., None], ops.arange(cells[0] * cells[1], dtype="int32"))
    number = ops.arange(boxes.shape[1], dtype="int64")[:, None]
    return ops.max(ops.where(hit, number, -1), axis=1)  # the later has it


def yolo_v1_loss(
    predictions: Float[Tensor, "n s answers"], boxes: Float[Tensor, "n m 4"], labels: Int[Tensor, "n m"], size: tuple[int, int],
    cells: tuple[int, int] = (7, 7), num_boxes: int = 2, coord: float = 5.0, noobj: float = 0.5,
) -> dict[str, Tensor]:  # fmt: skip
    """Place, object, no object and classes, each a sum over the number of images."""
    check_targets(boxes, labels)
    boxes = ops.cast(boxes, predictions.dtype)
    target = assign_cells(boxes, labels, size, cells)
    positive = target >= 0
    found, confidence, classes = decode_cells(predictions, size, cells, num_boxes)
    own = pick(boxes, ops.maximum(target, 0))
    kind = ops.where(positive, ops.cast(pick(labels, ops.maximum(target, 0)), "int64") - 1, -1)
    overlap = box_iou(own[:, :, None], ops.stop_gradient(found))[:, :, 0]
    overlap = ops.where(ops.isnan(overlap), ops.zeros_like(overlap), overlap)
    best = ops.one_hot(ops.argmax(overlap, axis=-1), num_boxes, dtype=predictions.dtype)
    scale = ops.convert_to_tensor([size[1], size[0]], predictions.dtype)
    centre = (own[..., :2] + own[..., 2:]) / 2 / scale * ops.convert_to_tensor([cells[1], cells[0]], predictions.dtype)
    wanted = ops.concatenate([centre - ops.floor(centre), ops.sqrt((own[..., 2:] - own[..., :2]) / scale)], axis=-1)
    answer = ops.sum(_boxes_of(predictions, num_boxes) * best[..., None], axis=2)
    sums = {
        "loss_box": coord * sum_where(positive, ops.sum((answer[..., :4] - wanted) ** 2, axis=-1)),
        "loss_object": sum_where(positive, (answer[..., 4] - ops.max(overlap, axis=-1)) ** 2),
        "loss_no_object": noobj * (ops.sum(confidence**2) - sum_where(positive, answer[..., 4] ** 2)),
        "loss_class": sum_where(positive, ops.sum((classes - ops.one_hot(kind, classes.shape[2], dtype=classes.dtype)) ** 2, axis=-1)),
    }
    return {name: value / ops.cast(ops.shape(boxes)[0], predictions.dtype) for name, value in sums.items()}


def layers_of(stages: Sequence[Sequence]) -> list[tuple[int, int, int]]:
    """Kernel, channels and stride of every layer; maxima have kernel 0."""
    found = []
    for layer in (layer for stage in stages for layer in stage):
        kernel, channels, stride = (3, layer, 1) if isinstance(layer, int) else (0, 0, 2) if layer == "M" else (*layer, 1)[:3]
        found.append((kernel, channels, stride))
    return found


def _boxes_of(predictions: Tensor, num_boxes: int) -> Tensor:
    """(N, S·S, B, 5)."""
    return ops.reshape(predictions[..., : num_boxes * 5], (-1, predictions.shape[1], num_boxes, 5))
