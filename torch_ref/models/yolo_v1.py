r"""YOLO v1: the image as S×S cells, each with B boxes and one distribution over classes, all from two fully connected layers that see everything.

$$ L = \lambda_\text{coord} \sum_{ij}^\text{obj} \bigl[(x - \hat x)^2 + (y - \hat y)^2 + (\sqrt w - \sqrt{\hat w})^2 + (\sqrt h - \sqrt{\hat h})^2\bigr]
     + \sum_{ij}^\text{obj} (C - \hat C)^2 + \lambda_\text{noobj} \sum_{ij}^\text{noobj} \hat C^2 + \sum_i^\text{obj} \sum_c (p_c - \hat p_c)^2 $$

Shapes: images (N, C, H, W) in 0 … 1 of the one size it was built for; predictions (N, S·S, B·5 + classes): of each box x and y within the cell, √w and √h of
the image, confidence; then the classes. Targets: boxes (N, M, 4) in pixels, labels (N, M) from 1 on, 0 where there is none.

A target belongs to the cell of its centre, and there to the box that overlaps it most, whose confidence learns that overlap (no gradient goes through it).
Where two targets want one cell, the later has it. As Darknet, the network answers with √w itself: a width can never be negative. Sums are over the batch,
divided by the number of images.

20 classes, 448×448: 271,703,550 parameters, of them 205,524,992 in the first fully connected layer, 60,155,968 in the 24 convolutions; 20.3 G multiply-adds.

>>> import torch
>>> model = YOLOv1(num_classes=3, image_size=(64, 96), stages=((4, "M"), (8, "M"), (8, 8, "M")), hidden=16, cells=(2, 3), detections=5).eval()
>>> {name: tuple(value.shape) for name, value in model(torch.rand(1, 3, 64, 96)).items()}
{'predictions': (1, 6, 13), 'boxes': (1, 5, 4), 'labels': (1, 5), 'scores': (1, 5)}

Source: Redmon, Divvala, Girshick and Farhadi 2016, "You only look once", arXiv:1506.02640; Darknet's `detection_layer.c`.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from torch_ref.models.detection.boxes import box_iou, check_targets
from torch_ref.models.detection.postprocess import best_detections

PAPER = (
    ((7, 64, 2), "M"),
    (192, "M"),
    ((1, 128), 256, (1, 256), 512, "M"),
    (*((1, 256), 512) * 4, (1, 512), 1024, "M"),
    (*((1, 512), 1024) * 2, 1024, (3, 1024, 2)),
    (1024, 1024),
)  # channels of a 3×3 convolution; (kernel, channels) or (kernel, channels, stride); "M": maxima 2×2


class YOLOv1(nn.Module):
    """Convolutions with leaky ReLU, then two fully connected layers. The paper's has no norms."""

    def __init__(self, num_classes: int = 20, image_size: tuple[int, int] = (448, 448), stages: Sequence[Sequence] = PAPER, hidden: int = 4096,
                 cells: tuple[int, int] = (7, 7), num_boxes: int = 2, in_channels: int = 3, dropout: float = 0.5, score_threshold: float = 0.2,
                 iou_threshold: float = 0.5, pre_nms: int = 1000, detections: int = 100) -> None:  # fmt: skip
        super().__init__()
        self.num_classes, self.image_size, self.cells, self.num_boxes, self.in_channels = num_classes, tuple(image_size), tuple(cells), num_boxes, in_channels
        self.options = {"score_threshold": score_threshold, "iou_threshold": iou_threshold, "pre_nms": pre_nms, "detections": detections}
        layers, channels, size = [], in_channels, list(image_size)
        for kernel, wanted, stride in layers_of(stages):
            if kernel:
                layers += [nn.Conv2d(channels, wanted, kernel, stride, kernel // 2), nn.LeakyReLU(0.1)]
                channels = wanted
            else:
                layers.append(nn.MaxPool2d(2, 2))
            size = [math.ceil(side / stride) if kernel else side // 2 for side in size]
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * size[0] * size[1], hidden),
            nn.LeakyReLU(0.1),
            nn.Dropout(dropout),
            nn.Linear(hidden, cells[0] * cells[1] * (num_boxes * 5 + num_classes)),
        )

    def forward(self, images: Tensor, boxes: Tensor | None = None, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Four losses in training, else predictions and detections."""
        if images.ndim != 4 or tuple(images.shape[1:]) != (self.in_channels, *self.image_size) or not images.is_floating_point():
            expected = ", ".join(map(str, ("N", self.in_channels, *self.image_size)))
            raise ValueError(f"YOLOv1 was built for float images ({expected}), got {images.dtype} of shape {tuple(images.shape)}")
        predictions = self.classifier(self.features(images)).unflatten(1, (-1, self.num_boxes * 5 + self.num_classes))
        if self.training:
            if boxes is None or labels is None:
                raise ValueError("in training YOLOv1 needs boxes and labels; call eval() for detections")
            return yolo_v1_loss(predictions, boxes, labels, self.image_size, self.cells, self.num_boxes)
        found, confidence, classes = decode_cells(predictions, self.image_size, self.cells, self.num_boxes)
        scores = (confidence[..., None] * classes[:, :, None]).flatten(1, 2)
        return {"predictions": predictions, **best_detections(found.flatten(1, 2), scores, **self.options)}


def decode_cells(predictions: Tensor, size: tuple[int, int], cells: tuple[int, int] = (7, 7), num_boxes: int = 2) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes (N, S·S, B, 4) in pixels, confidences (N, S·S, B), classes (N, S·S, classes)."""
    answers = predictions[..., : num_boxes * 5].unflatten(-1, (num_boxes, 5))
    y, x = torch.meshgrid(torch.arange(cells[0]), torch.arange(cells[1]), indexing="ij")
    corner = torch.stack([x, y], -1).reshape(-1, 1, 2).to(predictions)
    scale = predictions.new_tensor([size[1], size[0]])
    centre = (answers[..., :2] + corner) / predictions.new_tensor([cells[1], cells[0]]) * scale
    half = answers[..., 2:4] ** 2 * scale * 0.5
    return torch.cat([centre - half, centre + half], -1), answers[..., 4], predictions[..., num_boxes * 5 :]


def assign_cells(boxes: Tensor, labels: Tensor, size: tuple[int, int], cells: tuple[int, int] = (7, 7)) -> Tensor:
    """Which target every cell (N, S·S) has to find: its index, or −1."""
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2
    column = (centre[..., 0] / size[1] * cells[1]).long().clamp(0, cells[1] - 1)
    row = (centre[..., 1] / size[0] * cells[0]).long().clamp(0, cells[0] - 1)
    index = torch.where(labels > 0, row * cells[1] + column, -1)
    target = torch.full((len(boxes), cells[0] * cells[1]), -1, device=boxes.device)
    for m in range(boxes.shape[1]):  # in order: the later has it
        image = (index[:, m] >= 0).nonzero()[:, 0]
        target[image, index[image, m]] = m
    return target


def yolo_v1_loss(
    predictions: Tensor, boxes: Tensor, labels: Tensor, size: tuple[int, int], cells: tuple[int, int] = (7, 7), num_boxes: int = 2,
    coord: float = 5.0, noobj: float = 0.5,
) -> dict[str, Tensor]:  # fmt: skip
    """Place, object, no object and classes, each a sum over the number of images."""
    check_targets(boxes, labels)
    target = assign_cells(boxes, labels, size, cells)
    positive = target >= 0
    found, confidence, classes = decode_cells(predictions, size, cells, num_boxes)
    own = boxes.gather(1, target.clamp(min=0)[..., None].expand(-1, -1, 4))[positive]
    kind = labels.gather(1, target.clamp(min=0))[positive]
    overlap = box_iou(own[:, None], found[positive].detach())[:, 0]
    overlap = torch.where(overlap.isnan(), 0.0, overlap)
    best = overlap.argmax(1, keepdim=True)
    scale = own.new_tensor([size[1], size[0]])
    grid = own.new_tensor([cells[1], cells[0]])
    centre = (own[:, :2] + own[:, 2:]) / 2 / scale * grid
    wanted = torch.cat([centre - centre.floor(), ((own[:, 2:] - own[:, :2]) / scale).sqrt()], 1)
    answers = predictions[..., : num_boxes * 5].unflatten(-1, (num_boxes, 5))[positive]
    answer = answers.gather(1, best[..., None].expand(-1, 1, 5))[:, 0]
    sums = {
        "loss_box": coord * ((answer[:, :4] - wanted) ** 2).sum(),
        "loss_object": ((answer[:, 4] - overlap.gather(1, best)[:, 0]) ** 2).sum(),
        "loss_no_object": noobj * ((confidence**2).sum() - (answer[:, 4] ** 2).sum()),
        "loss_class": ((classes[positive] - nn.functional.one_hot(kind - 1, classes.shape[2])) ** 2).sum(),
    }
    return {name: value / len(boxes) for name, value in sums.items()}


def layers_of(stages: Sequence[Sequence]) -> list[tuple[int, int, int]]:
    """Kernel, channels and stride of every layer; maxima have kernel 0."""
    found = []
    for layer in (layer for stage in stages for layer in stage):
        kernel, channels, stride = (3, layer, 1) if isinstance(layer, int) else (0, 0, 2) if layer == "M" else (*layer, 1)[:3]
        found.append((kernel, channels, stride))
    return found
