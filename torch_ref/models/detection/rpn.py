r"""Region proposal network: at every anchor, is there something, and where exactly; the best answers are the proposals.

Proposals: of every level the `pre_nms` likeliest, decoded, cut at the image's edge, without those under 10⁻³ pixels, suppressed within their level at
IoU 0.7, of which the `post_nms` likeliest remain. They get no gradient. There are always as many; those that are none are zeros and not valid.

Shapes: features (N, C, H_l, W_l) of any number of levels; objectness (N, A), codes (N, A, 4) for all A anchors, in the order of `grid_anchors`;
proposals (N, P, 4), valid (N, P). Names are torchvision's.

>>> import torch
>>> rpn = RegionProposalNetwork(8, sizes=((4,), (8,)), post_nms=(5, 5))
>>> answer = rpn((torch.randn(2, 8, 6, 7), torch.randn(2, 8, 3, 4)), torch.zeros(2, 3, 24, 28))
>>> answer["objectness"].shape, answer["proposals"].shape, answer["valid"].shape
(torch.Size([2, 162]), torch.Size([2, 5, 4]), torch.Size([2, 5]))

Source: Ren, He, Girshick and Sun 2015, "Faster R-CNN", arXiv:1506.01497; with pyramids: Lin et al. 2017, arXiv:1612.03144, 4.1.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from torch_ref.models.detection.anchors import grid_anchors
from torch_ref.models.detection.boxes import box_iou, clip_boxes, decode_boxes, encode_boxes
from torch_ref.models.detection.losses import rpn_loss
from torch_ref.models.detection.matcher import BETWEEN, match, sample
from torch_ref.models.detection.nms import batched_nms

RATIOS = (0.5, 1.0, 2.0)
SMALLEST = 1e-3


class RPNHead(nn.Module):
    """One 3×3 convolution for all levels, then a score and four numbers for each anchor."""

    def __init__(self, in_channels: int, num_anchors: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Sequential(nn.Conv2d(in_channels, in_channels, 3, padding=1), nn.ReLU(inplace=True)))
        self.cls_logits = nn.Conv2d(in_channels, num_anchors, 1)
        self.bbox_pred = nn.Conv2d(in_channels, num_anchors * 4, 1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.normal_(module.weight, std=0.01)
                nn.init.zeros_(module.bias)

    def forward(self, features: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Scores (N, A) and codes (N, A, 4), place by place."""
        scores, codes = [], []
        for level in features:
            x = self.conv(level)
            scores.append(self.cls_logits(x).permute(0, 2, 3, 1).flatten(1))
            codes.append(self.bbox_pred(x).permute(0, 2, 3, 1).reshape(len(x), -1, 4))
        return torch.cat(scores, 1), torch.cat(codes, 1)


class RegionProposalNetwork(nn.Module):
    """The head, the choice of proposals, and in training its two losses. Pairs are (training, evaluation)."""

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
    ) -> None:
        super().__init__()
        self.sizes = tuple(map(tuple, sizes))
        self.pre_nms, self.post_nms, self.nms_threshold = pre_nms, post_nms, nms_threshold
        self.fg_iou, self.bg_iou = fg_iou, bg_iou
        self.batch_size_per_image, self.positive_fraction = batch_size_per_image, positive_fraction
        self.head = RPNHead(in_channels, len(self.sizes[0]) * len(RATIOS))

    def forward(
        self, features: Sequence[Tensor], images: Tensor, boxes: Tensor | None = None, labels: Tensor | None = None, sizes: Tensor | None = None
    ) -> dict[str, Tensor]:
        """`boxes` (N, M, 4) and `labels` (N, M), 0 where there is none, give the losses; `sizes` (N, 2): images that do not fill their frame."""
        image_size = tuple(images.shape[2:])
        objectness, codes = self.head(features)
        shapes = [level.shape[-2:] for level in features]
        anchors = grid_anchors(shapes, image_size, self.sizes, (RATIOS,) * len(self.sizes)).to(codes)
        counts = [h * w * len(scales) * len(RATIOS) for (h, w), scales in zip(shapes, self.sizes, strict=True)]
        limits = torch.tensor(image_size, device=codes.device).expand(len(codes), 2) if sizes is None else sizes
        answer = {"objectness": objectness, "codes": codes}
        answer["proposals"], answer["valid"] = self.propose(objectness.detach(), codes.detach(), anchors, counts, limits)
        if boxes is not None and labels is not None:
            positive, negative, targets = self.targets(anchors, boxes, labels)
            answer["loss_objectness"], answer["loss_rpn_box_reg"] = rpn_loss(objectness, codes, targets, positive, negative)
        return answer

    def propose(self, objectness: Tensor, codes: Tensor, anchors: Tensor, counts: list[int], limits: Tensor) -> tuple[Tensor, Tensor]:
        """Proposals (N, P, 4), the likeliest first, and which of them are any."""
        pre, post = self.pre_nms[not self.training], self.post_nms[not self.training]
        starts = [sum(counts[:i]) for i in range(len(counts))]
        top = torch.cat([level.topk(min(pre, n)).indices + start for level, n, start in zip(objectness.split(counts, 1), counts, starts, strict=True)], 1)
        levels = torch.cat([torch.full((min(pre, n),), i, device=codes.device) for i, n in enumerate(counts)])
        size = min(post, top.shape[1])
        proposals, valid = codes.new_zeros(len(codes), size, 4), torch.zeros(len(codes), size, dtype=torch.bool, device=codes.device)
        for i, index in enumerate(top):
            boxes = clip_boxes(decode_boxes(codes[i, index], anchors[index]), limits[i])
            large = (boxes[:, 2:] - boxes[:, :2] >= SMALLEST).all(1).nonzero()[:, 0]
            keep = large[batched_nms(boxes[large], objectness[i, index].sigmoid()[large], levels[large], self.nms_threshold)][:size]
            proposals[i, : len(keep)], valid[i, : len(keep)] = boxes[keep], True
        return proposals, valid

    def targets(self, anchors: Tensor, boxes: Tensor, labels: Tensor, priorities: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Which anchors have to say yes, which no, (N, A) each, and the codes (N, A, 4) of the boxes that they have to find."""
        matches = match(box_iou(boxes, anchors.expand(len(boxes), -1, 4)), self.fg_iou, self.bg_iou, allow_low_quality=True, valid=labels > 0)
        found = boxes.gather(1, matches.clamp(min=0)[..., None].expand(-1, -1, 4))
        found = torch.where((matches >= 0)[..., None], found, anchors)  # a filler box has no logarithm
        kind = torch.where(matches == BETWEEN, -1, (matches >= 0).long())
        priorities = torch.rand(kind.shape, device=boxes.device) if priorities is None else priorities
        positive, negative = sample(kind, priorities, self.batch_size_per_image, self.positive_fraction)
        return positive, negative, encode_boxes(found, anchors)
