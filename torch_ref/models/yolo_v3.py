r"""YOLO v3: Darknet-53, three scales, three anchors at every cell, all in one pass.

$$ b_x = (\sigma(t_x) + c_x)\,s, \quad b_w = p_w e^{t_w}, \quad \text{score}_k = \sigma(t_o)\,\sigma(t_k) $$

Shapes: images (N, C, H, W) in 0 … 1, sides multiples of 32; predictions (N, P, 5 + classes) for P = 3·HW·(1/32² + 1/16² + 1/8²) anchors, the coarsest
scale first, row by row, the three anchors of a cell together, each x, y, w, h, object, classes; targets: boxes (N, M, 4) in pixels, labels (N, M) from 1 on,
0 where there is none; detections as in `detection.postprocess`.

A target belongs to the one anchor of all nine whose shape is most like its own, in the cell of its centre. That anchor learns place, object and classes;
all others learn that there is nothing, but those whose box overlaps a target by more than half. The loss is Darknet's, as its gradients define it: cross
entropy for x, y, object and classes, squares for w and h, both weighted by 2 − area, summed, over the number of images.
Where two targets want one anchor, the later has it.

80 classes: 61,949,149 parameters, of them Darknet-53 40,584,928; multiply-adds at 416×416: 32.9 G, of them Darknet-53 24.5 G.

>>> import torch
>>> model = YOLOv3(num_classes=4, width=4, blocks=(1, 1, 1, 1, 1), detections=5).eval()
>>> {name: tuple(value.shape) for name, value in model(torch.rand(1, 3, 64, 96)).items()}
{'predictions': (1, 378, 9), 'boxes': (1, 5, 4), 'labels': (1, 5), 'scores': (1, 5)}

Source: Redmon and Farhadi 2018, "YOLOv3: an incremental improvement", arXiv:1804.02767; Darknet's `yolo_layer.c`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torch_ref.models._darknet import check_images, conv_norm
from torch_ref.models.detection.boxes import box_iou, check_targets
from torch_ref.models.detection.postprocess import best_detections

ANCHORS = (((116, 90), (156, 198), (373, 326)), ((30, 61), (62, 45), (59, 119)), ((10, 13), (16, 30), (33, 23)))  # COCO's, for strides 32, 16, 8
STRIDES = (32, 16, 8)


class Residual(nn.Module):
    """1×1 to half the channels, 3×3 back, added to the input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv_norm(channels, channels // 2, 1)
        self.conv2 = conv_norm(channels // 2, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv2(self.conv1(x))


class Darknet53(nn.Module):
    """Five stages, each half the size and twice the channels: 52 convolutions with blocks 1, 2, 8, 8, 4 (the 53rd layer classified ImageNet)."""

    def __init__(self, width: int = 32, blocks: Sequence[int] = (1, 2, 8, 8, 4), in_channels: int = 3) -> None:
        super().__init__()
        self.stem = conv_norm(in_channels, width, 3)
        self.stages = nn.ModuleList(
            nn.Sequential(conv_norm(width * 2**i, width * 2 ** (i + 1), 3, 2), *(Residual(width * 2 ** (i + 1)) for _ in range(depth)))
            for i, depth in enumerate(blocks)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The last three stages' outputs, the coarsest first."""
        x = self.stem(x)
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs[-1], outputs[-2], outputs[-3]


class YOLOv3(nn.Module):
    """Darknet-53, and at each of three scales five convolutions, then one and the answers; the coarser scale's features join the finer one's."""

    def __init__(self, num_classes: int = 80, width: int = 32, blocks: Sequence[int] = (1, 2, 8, 8, 4), in_channels: int = 3,
                 anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS, score_threshold: float = 0.25, iou_threshold: float = 0.45,
                 pre_nms: int = 1000, detections: int = 100) -> None:  # fmt: skip
        super().__init__()
        self.num_classes, self.in_channels = num_classes, in_channels
        self.anchors = tuple(tuple(map(tuple, scale)) for scale in anchors)
        self.options = {"score_threshold": score_threshold, "iou_threshold": iou_threshold, "pre_nms": pre_nms, "detections": detections}
        self.backbone = Darknet53(width, blocks, in_channels)
        channels = [width * 16, width * 8, width * 4]  # of the five convolutions' outputs
        self.necks = nn.ModuleList(_neck(2 * c + (c if i else 0), c) for i, c in enumerate(channels))
        self.lifts = nn.ModuleList(conv_norm(c, c // 2, 1) for c in channels[:2])
        self.heads = nn.ModuleList(
            nn.Sequential(conv_norm(c, 2 * c, 3), nn.Conv2d(2 * c, len(scale) * (5 + num_classes), 1))
            for c, scale in zip(channels, self.anchors, strict=True)
        )  # fmt: skip

    def forward(self, images: Tensor, boxes: Tensor | None = None, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Three losses in training, else predictions and detections."""
        check_images("YOLOv3", images, self.in_channels, 32)
        predictions = self.predict_all(images)
        size = tuple(images.shape[2:])
        if self.training:
            if boxes is None or labels is None:
                raise ValueError("in training YOLOv3 needs boxes and labels; call eval() for detections")
            return yolo_v3_loss(predictions, boxes, labels, size, self.anchors)
        found, objects, classes = decode_predictions(predictions, size, self.anchors)
        return {"predictions": predictions, **best_detections(found, objects[..., None] * classes, **self.options)}

    def predict_all(self, images: Tensor) -> Tensor:
        """(N, P, 5 + classes)."""
        answers, lifted = [], None
        for i, features in enumerate(self.backbone(images)):
            x = self.necks[i](features if lifted is None else torch.cat([lifted, features], 1))
            answer = self.heads[i](x)
            answers.append(answer.permute(0, 2, 3, 1).reshape(len(images), -1, 5 + self.num_classes))
            lifted = F.interpolate(self.lifts[i](x), scale_factor=2, mode="nearest") if i < 2 else None
        return torch.cat(answers, 1)


def decode_predictions(predictions: Tensor, size: tuple[int, int], anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes (N, P, 4) in pixels, objectness (N, P) and classes (N, P, classes) as probabilities."""
    cells, priors, strides = (part.to(predictions) for part in grid(size, anchors))
    centre = (predictions[..., :2].sigmoid() + cells) * strides
    half = 0.5 * priors * predictions[..., 2:4].exp()
    return torch.cat([centre - half, centre + half], -1), predictions[..., 4].sigmoid(), predictions[..., 5:].sigmoid()


def assign_targets(boxes: Tensor, labels: Tensor, size: tuple[int, int], anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS) -> Tensor:
    """Which target every anchor (N, P) has to find: its index, or −1."""
    shapes = torch.tensor([shape for scale in anchors for shape in scale], device=boxes.device).to(boxes)
    sides = boxes[..., 2:] - boxes[..., :2]
    shared = torch.minimum(sides[..., None, :], shapes).prod(-1)
    best = (shared / (sides.prod(-1)[..., None] + shapes.prod(-1) - shared)).argmax(-1)
    start, index = 0, torch.full(labels.shape, -1, device=boxes.device)
    first = 0
    for scale, stride in zip(anchors, STRIDES, strict=True):
        rows, columns = size[0] // stride, size[1] // stride
        cell = ((boxes[..., :2] + boxes[..., 2:]) / 2 / stride).long()
        x, y = cell[..., 0].clamp(0, columns - 1), cell[..., 1].clamp(0, rows - 1)
        place = start + (y * columns + x) * len(scale) + best - first
        index = torch.where((best >= first) & (best < first + len(scale)) & (labels > 0), place, index)
        start, first = start + rows * columns * len(scale), first + len(scale)
    target = torch.full((len(boxes), start), -1, device=boxes.device)
    for m in range(boxes.shape[1]):  # in order: the later has it
        image = (index[:, m] >= 0).nonzero()[:, 0]
        target[image, index[image, m]] = m
    return target


def yolo_v3_loss(
    predictions: Tensor, boxes: Tensor, labels: Tensor, size: tuple[int, int], anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS, ignore: float = 0.5
) -> dict[str, Tensor]:
    """Place, object and classes, each a sum over the number of images. Anchors that overlap a target by more than `ignore` need not be empty."""
    check_targets(boxes, labels)
    target = assign_targets(boxes, labels, size, anchors)
    positive = target >= 0
    overlap = box_iou(decode_predictions(predictions.detach(), size, anchors)[0], boxes).masked_fill(~(labels > 0)[:, None], -1.0)
    asked = positive | (overlap.amax(-1) <= ignore)
    cells, priors, strides = (part.to(predictions).expand(len(boxes), -1, -1)[positive] for part in grid(size, anchors))
    own = boxes.gather(1, target.clamp(min=0)[..., None].expand(-1, -1, 4))[positive]
    kind = labels.gather(1, target.clamp(min=0))[positive]
    sides = own[:, 2:] - own[:, :2]
    weight = 2 - sides.prod(-1) / (size[0] * size[1])
    answer = predictions[positive]
    place = F.binary_cross_entropy_with_logits(answer[:, :2], (own[:, :2] + own[:, 2:]) / 2 / strides - cells, reduction="none")
    place = place + 0.5 * (answer[:, 2:4] - (sides / priors).log()) ** 2
    what = F.binary_cross_entropy_with_logits(predictions[..., 4], positive.to(predictions.dtype), reduction="none")
    which = F.binary_cross_entropy_with_logits(answer[:, 5:], F.one_hot(kind - 1, predictions.shape[2] - 5).to(answer.dtype), reduction="sum")
    sums = {"loss_box": (place.sum(-1) * weight).sum(), "loss_objectness": what[asked].sum(), "loss_class": which}
    return {name: value / len(boxes) for name, value in sums.items()}


def grid(size: tuple[int, int], anchors: Sequence[Sequence[Sequence[float]]] = ANCHORS) -> tuple[Tensor, Tensor, Tensor]:
    """Of every anchor its cell (P, 2) as x, y, its width and height (P, 2), and its stride (P, 1)."""
    parts = []
    for scale, stride in zip(anchors, STRIDES, strict=True):
        y, x = torch.meshgrid(torch.arange(size[0] // stride), torch.arange(size[1] // stride), indexing="ij")
        cells = torch.stack([x, y], -1).reshape(-1, 1, 2).expand(-1, len(scale), 2).reshape(-1, 2)
        parts.append((cells, torch.tensor(scale).repeat(x.numel(), 1), torch.full((len(cells), 1), stride)))
    return tuple(torch.cat(part).to(torch.get_default_dtype()) for part in zip(*parts, strict=True))


def _neck(in_channels: int, channels: int) -> nn.Sequential:
    """1×1 and 3×3 in turn, five of them."""
    turns = [conv_norm(2 * channels, channels, 1) if i % 2 == 0 else conv_norm(channels, 2 * channels, 3) for i in range(1, 5)]
    return nn.Sequential(conv_norm(in_channels, channels, 1), *turns)
