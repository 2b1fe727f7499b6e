r"""A current YOLO, without anchors: every cell says how far the four sides are, as a distribution, and beside it which class there is.

$$ d = \sum_{k=0}^{R-1} k\,\mathrm{softmax}(z)_k, \qquad \text{box} = (c_x - d_l,\; c_y - d_t,\; c_x + d_r,\; c_y + d_b)\cdot s, \qquad
   \text{alignment} = \sigma(p)^{1/2}\,\mathrm{IoU}^6 $$

Shapes: images (N, C, H, W) in 0 … 1, sides multiples of 32; distances (N, P, 4·R) and scores (N, P, classes), logits, for P = HW·(1/8² + 1/16² + 1/32²)
cells, the finest scale first; targets: boxes (N, M, 4) in pixels, labels (N, M) from 1 on, 0 where there is none; detections as in `detection.postprocess`.

Built as YOLOv8: cross-stage blocks, pooled features of three sizes, a pyramid downwards and upwards, one head for places and one for classes.
A target gets the ten cells inside it that are best aligned with it (class and place together); a cell that several want goes to the one it overlaps most.
The classes learn the alignment, scaled to the best overlap; the places the complete IoU and, for the distribution, the two whole numbers beside the distance,
both weighted by it. Sums are divided by the sum of all alignments; unlike Ultralytics', losses are not multiplied by the number of images.

width 16, depths (1, 2, 2, 1), 80 classes, that is YOLOv8n: 3,157,184 parameters; 4.4 G multiply-adds at 640×640.

>>> import torch
>>> model = YOLOAnchorFree(num_classes=3, width=4, depths=(1, 1, 1, 1), detections=5).eval()
>>> {name: tuple(value.shape) for name, value in model(torch.rand(1, 3, 64, 96)).items()}
{'distances': (1, 126, 64), 'classes': (1, 126, 3), 'boxes': (1, 5, 4), 'labels': (1, 5), 'scores': (1, 5)}

Source: the network: Jocher et al. 2023, Ultralytics YOLOv8; assignment: Feng et al. 2021, "TOOD", arXiv:2108.07755; distances: Li et al. 2020,
"Generalized focal loss", arXiv:2006.04388; complete IoU: Zheng et al. 2020, arXiv:1911.08287; no anchors: Tian et al. 2019, "FCOS", arXiv:1904.01355.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from torch_ref.models._darknet import check_images, conv_norm
from torch_ref.models.detection.boxes import check_targets, complete_iou
from torch_ref.models.detection.postprocess import best_detections

STRIDES = (8, 16, 32)
BOX, CLASS, DISTRIBUTION = 7.5, 0.5, 1.5  # how much each loss counts


class CrossStage(nn.Module):
    """1×1, of which one half goes through blocks of two 3×3 convolutions, each of whose outputs joins the end; then 1×1."""

    def __init__(self, in_channels: int, out_channels: int, depth: int = 1, shortcut: bool = True) -> None:
        super().__init__()
        self.hidden, self.shortcut = out_channels // 2, shortcut
        self.conv1 = conv_norm(in_channels, 2 * self.hidden, 1, activation="silu")
        self.blocks = nn.ModuleList(
            nn.Sequential(conv_norm(self.hidden, self.hidden, 3, activation="silu"), conv_norm(self.hidden, self.hidden, 3, activation="silu"))
            for _ in range(depth)
        )
        self.conv2 = conv_norm((2 + depth) * self.hidden, out_channels, 1, activation="silu")

    def forward(self, x: Tensor) -> Tensor:
        parts = list(self.conv1(x).chunk(2, 1))
        for block in self.blocks:
            y = block(parts[-1])
            parts.append(parts[-1] + y if self.shortcut else y)
        return self.conv2(torch.cat(parts, 1))


class PooledPyramid(nn.Module):
    """What is seen through windows of 1, 5, 9 and 13 pixels, side by side: the same maxima once, twice, thrice."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv1 = conv_norm(in_channels, in_channels // 2, 1, activation="silu")
        self.pool = nn.MaxPool2d(5, 1, 2)
        self.conv2 = conv_norm(in_channels // 2 * 4, out_channels, 1, activation="silu")

    def forward(self, x: Tensor) -> Tensor:
        parts = [self.conv1(x)]
        for _ in range(3):
            parts.append(self.pool(parts[-1]))
        return self.conv2(torch.cat(parts, 1))


class YOLOAnchorFree(nn.Module):
    """Backbone, pyramid down and up, and two heads at three scales."""

    def __init__(self, num_classes: int = 80, width: int = 16, depths: Sequence[int] = (1, 2, 2, 1), in_channels: int = 3, reg_max: int = 16,
                 topk: int = 10, score_threshold: float = 0.25, iou_threshold: float = 0.7, pre_nms: int = 1000, detections: int = 100) -> None:  # fmt: skip
        super().__init__()
        self.num_classes, self.in_channels, self.reg_max, self.topk = num_classes, in_channels, reg_max, topk
        self.options = {"score_threshold": score_threshold, "iou_threshold": iou_threshold, "pre_nms": pre_nms, "detections": detections}
        c1, c2, c3, c4, c5 = (width * 2**i for i in range(5))
        self.stem = conv_norm(in_channels, c1, 3, 2, "silu")
        self.stages = nn.ModuleList(
            nn.Sequential(conv_norm(before, after, 3, 2, "silu"), CrossStage(after, after, depth))
            for before, after, depth in zip((c1, c2, c3, c4), (c2, c3, c4, c5), depths, strict=True)
        )
        self.pooled = PooledPyramid(c5, c5)
        deep = depths[0]
        self.down4, self.down3 = CrossStage(c5 + c4, c4, deep, False), CrossStage(c4 + c3, c3, deep, False)
        self.lower3, self.lower4 = conv_norm(c3, c3, 3, 2, "silu"), conv_norm(c4, c4, 3, 2, "silu")
        self.up4, self.up5 = CrossStage(c3 + c4, c4, deep, False), CrossStage(c4 + c5, c5, deep, False)
        places, kinds = max(16, c3 // 4, 4 * reg_max), max(c3, min(num_classes, 100))
        self.places = nn.ModuleList(_head(c, places, 4 * reg_max) for c in (c3, c4, c5))
        self.kinds = nn.ModuleList(_head(c, kinds, num_classes) for c in (c3, c4, c5))

    def forward(self, images: Tensor, boxes: Tensor | None = None, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Three losses in training, else logits and detections."""
        check_images("YOLOAnchorFree", images, self.in_channels, 32)
        size = tuple(images.shape[2:])
        distances, classes = self.predict_all(images)
        if self.training:
            if boxes is None or labels is None:
                raise ValueError("in training YOLOAnchorFree needs boxes and labels; call eval() for detections")
            return anchor_free_loss(distances, classes, boxes, labels, size, self.topk)
        found = best_detections(decode_distances(distances, size), classes.sigmoid(), **self.options)
        return {"distances": distances, "classes": classes, **found}

    def predict_all(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Distances (N, P, 4·R) and classes (N, P, classes), logits."""
        x = self.stages[0](self.stem(images))
        c3 = self.stages[1](x)
        c4 = self.stages[2](c3)
        c5 = self.pooled(self.stages[3](c4))
        d4 = self.down4(torch.cat([_twice(c5), c4], 1))
        p3 = self.down3(torch.cat([_twice(d4), c3], 1))
        p4 = self.up4(torch.cat([self.lower3(p3), d4], 1))
        p5 = self.up5(torch.cat([self.lower4(p4), c5], 1))
        levels = (p3, p4, p5)
        answers = ([head(level).flatten(2).transpose(1, 2) for head, level in zip(heads, levels, strict=True)] for heads in (self.places, self.kinds))
        return tuple(torch.cat(answer, 1) for answer in answers)


def cell_centres(size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Of every cell its centre (P, 2) in cells, and its stride (P, 1)."""
    centres, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(size[0] // stride), torch.arange(size[1] // stride), indexing="ij")
        centres.append(torch.stack([x, y], -1).reshape(-1, 2).to(torch.get_default_dtype()) + 0.5)
        strides.append(torch.full((x.numel(), 1), float(stride)))
    return torch.cat(centres), torch.cat(strides)


def decode_distances(distances: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes (N, P, 4) in pixels: the mean of each distribution, from the cell's centre."""
    centres, strides = (part.to(distances) for part in cell_centres(size))
    shares = distances.unflatten(-1, (4, -1)).softmax(-1)
    d = (shares * torch.arange(shares.shape[-1], device=shares.device)).sum(-1)
    return torch.cat([centres - d[..., :2], centres + d[..., 2:]], -1) * strides


def align_targets(
    scores: Tensor, found: Tensor, boxes: Tensor, labels: Tensor, size: tuple[int, int], topk: int = 10, eps: float = 1e-9
) -> tuple[Tensor, Tensor]:
    """Which target every cell (N, P) has to find, or −1, and its weight. `scores` (N, P, classes) are probabilities, `found` (N, P, 4) the boxes so far."""
    centres, strides = (part.to(boxes) for part in cell_centres(size))
    points = centres * strides
    inside = torch.cat([points - boxes[:, :, None, :2], boxes[:, :, None, 2:] - points], -1).amin(-1) > eps
    allowed = inside & (labels > 0)[..., None]
    score = scores.transpose(1, 2).gather(1, (labels - 1).clamp(min=0)[..., None].expand(-1, -1, scores.shape[1]))
    safe = torch.where((labels > 0)[..., None], boxes, boxes.new_tensor([0.0, 0.0, 1.0, 1.0]))
    overlap = complete_iou(safe[:, :, None], found[:, None]).clamp(min=0) * allowed
    alignment = score**0.5 * overlap**6 * allowed
    lowest = alignment.topk(min(topk, alignment.shape[-1]), -1).values[..., -1:]
    mine = allowed & (alignment > 0) & (alignment >= lowest)
    owner = (overlap * mine).argmax(1)
    mine = mine & (torch.arange(boxes.shape[1], device=boxes.device)[:, None] == owner[:, None])
    alignment, overlap = alignment * mine, overlap * mine
    weight = (alignment * overlap.amax(-1, keepdim=True) / (alignment.amax(-1, keepdim=True) + eps)).amax(1)
    return torch.where(mine.any(1), owner, -1), weight


def anchor_free_loss(distances: Tensor, classes: Tensor, boxes: Tensor, labels: Tensor, size: tuple[int, int], topk: int = 10) -> dict[str, Tensor]:
    """Place, class and distribution, over the sum of all alignments."""
    check_targets(boxes, labels)
    found = decode_distances(distances, size)
    target, weight = align_targets(classes.detach().sigmoid(), found.detach(), boxes, labels, size, topk)
    positive = target >= 0
    kind = labels.gather(1, target.clamp(min=0))[positive] - 1
    wanted = torch.zeros_like(classes)
    wanted[positive] = F.one_hot(kind, classes.shape[2]).to(classes.dtype) * weight[positive][:, None]
    total = wanted.sum().clamp(min=1)
    own = boxes.gather(1, target.clamp(min=0)[..., None].expand(-1, -1, 4))[positive]
    centres, strides = (part.to(distances).expand(len(boxes), -1, -1)[positive] for part in cell_centres(size))
    logits = distances[positive].unflatten(-1, (4, -1))
    sides = torch.cat([centres - own[:, :2] / strides, own[:, 2:] / strides - centres], 1).clamp(0, logits.shape[-1] - 1 - 0.01)
    below = sides.floor().long()
    log = logits.log_softmax(-1)
    between = (below + 1 - sides) * log.gather(-1, below[..., None])[..., 0] + (sides - below) * log.gather(-1, below[..., None] + 1)[..., 0]
    return {
        "loss_box": BOX * ((1 - complete_iou(found[positive], own)) * weight[positive]).sum() / total,
        "loss_class": CLASS * F.binary_cross_entropy_with_logits(classes, wanted, reduction="sum") / total,
        "loss_distribution": DISTRIBUTION * (-between.mean(-1) * weight[positive]).sum() / total,
    }


def _head(in_channels: int, channels: int, answers: int) -> nn.Sequential:
    parts = conv_norm(in_channels, channels, 3, activation="silu"), conv_norm(channels, channels, 3, activation="silu"), nn.Conv2d(channels, answers, 1)
    return nn.Sequential(*parts)


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")
