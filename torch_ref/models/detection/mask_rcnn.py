r"""Mask R-CNN on a ResNet with a feature pyramid: boxes, classes and a mask for everything in a photograph.

A pyramid sees the image, a network proposes boxes, RoIAlign cuts them out of the pyramid, two heads say what is in them, where exactly, and which pixels.
Shapes: images (N, C, H, W), normalised, any size from 32×32 on; targets: boxes (N, M, 4), labels (N, M) from 1 on, 0 where there is none,
masks (N, M, H, W); detections as in `roi_heads`; losses: five numbers. `detect` takes photographs of any size and returns what torchvision returns.

| ResNet-50, 91 classes | parameters | multiply-adds at 800×1216, 1,000 proposals, 100 detections |
|---|---|---|
| backbone with pyramid | 26,799,296 | 134.3 G |
| proposals | 593,935 | 48.1 G |
| box head | 14,362,055 | 14.4 G |
| mask head | 2,646,107 | 53.2 G |
| all | 44,401,393 | 250.0 G |

(Beside them 106,240 numbers of frozen norms; with `frozen=False` half of those are parameters: 44,454,513.) Names are torchvision's; its COCO weights need
`eps=0.0`. `forward` is torchvision's on tensors: targets and results of a batch are filled up to one length.

>>> import torch
>>> model = MaskRCNN(5, layers=(1, 1, 1, 1), width=4, out_channels=8, representation_size=16, mask_layers=(8,), mask_dim_reduced=8,
...                  sizes=((8,), (16,), (32,), (64,), (128,)), box_detections_per_img=3).eval()
>>> {name: tuple(value.shape) for name, value in model(torch.randn(2, 3, 64, 96)).items()}
{'boxes': (2, 3, 4), 'labels': (2, 3), 'scores': (2, 3), 'masks': (2, 3, 28, 28)}

Source: He, Gkioxari, Dollár and Girshick 2017, "Mask R-CNN", arXiv:1703.06870; Lin et al. 2017, arXiv:1612.03144; torchvision's `maskrcnn_resnet50_fpn`.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from torch_ref.models.detection.boxes import check_targets
from torch_ref.models.detection.fpn import ResNetFPN
from torch_ref.models.detection.masks import paste_masks
from torch_ref.models.detection.roi_heads import RoIHeads
from torch_ref.models.detection.rpn import RegionProposalNetwork
from torch_ref.models.detection.transform import batch_images, resize_boxes


class MaskRCNN(nn.Module):
    """Backbone, proposals, heads."""

    def __init__(
        self,
        num_classes: int = 91,
        block: str = "bottleneck",
        layers: Sequence[int] = (3, 4, 6, 3),
        width: int = 64,
        in_channels: int = 3,
        out_channels: int = 256,
        frozen: bool = True,
        eps: float = 1e-5,
        representation_size: int = 1024,
        mask_layers: Sequence[int] = (256, 256, 256, 256),
        mask_dim_reduced: int = 256,
        sizes: Sequence[Sequence[int]] = ((32,), (64,), (128,), (256,), (512,)),
        rpn_pre_nms_top_n: tuple[int, int] = (2000, 1000),
        rpn_post_nms_top_n: tuple[int, int] = (2000, 1000),
        rpn_batch_size_per_image: int = 256,
        box_score_thresh: float = 0.05,
        box_nms_thresh: float = 0.5,
        box_detections_per_img: int = 100,
        box_batch_size_per_image: int = 512,
        canonical_scale: int = 224,
    ) -> None:
        super().__init__()
        self.in_channels = in_channels
        self.backbone = ResNetFPN(block, layers, width, in_channels, out_channels, frozen, eps)
        self.rpn = RegionProposalNetwork(out_channels, sizes, rpn_pre_nms_top_n, rpn_post_nms_top_n, batch_size_per_image=rpn_batch_size_per_image)
        self.roi_heads = RoIHeads(
            num_classes, out_channels, representation_size, mask_layers, mask_dim_reduced, box_score_thresh, box_nms_thresh, box_detections_per_img,
            box_batch_size_per_image=box_batch_size_per_image, canonical_scale=canonical_scale,
        )  # fmt: skip

    def forward(
        self,
        images: Tensor,
        boxes: Tensor | None = None,
        labels: Tensor | None = None,
        masks: Tensor | None = None,
        proposals: Tensor | None = None,
        sizes: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Five losses in training, detections else.

        `proposals` (N, P, 4) replace the network's own; `sizes` (N, 2): images that do not fill their frame.
        """
        _check_images(images, self.in_channels)
        if self.training:
            if boxes is None or labels is None or masks is None:
                raise ValueError("in training MaskRCNN needs boxes, labels and masks; call eval() for detections")
            check_targets(boxes, labels)
            if masks.shape != (*labels.shape, *images.shape[2:]):
                raise ValueError(f"masks must be as large as the images: expected {(*labels.shape, *images.shape[2:])}, got {tuple(masks.shape)}")
        else:
            boxes = labels = masks = None
        features = self.backbone(images)
        proposed = self.rpn(features, images, boxes, labels, sizes)
        if proposals is None:
            proposals, valid = proposed["proposals"], proposed["valid"]
        else:
            valid = torch.ones(proposals.shape[:2], dtype=torch.bool, device=images.device)
        found = self.roi_heads(features[:-1], images, proposals, valid, boxes, labels, masks, sizes)
        return found | {name: value for name, value in proposed.items() if name.startswith("loss")}

    @torch.no_grad()
    def detect(self, images: Sequence[Tensor], min_size: int = 800, max_size: int = 1333) -> list[dict[str, Tensor]]:
        """What is in photographs (C, H, W) of floats in 0 … 1: of each its boxes (K, 4), labels and scores (K,), and masks (K, H, W) of probabilities."""
        self.eval()
        batch, sizes = batch_images(images, min_size, max_size)
        found = self(batch, sizes=sizes)
        results = []
        for i, image in enumerate(images):
            old, new = sizes[i].tolist(), image.shape[1:]
            some = found["labels"][i] > 0
            boxes = resize_boxes(found["boxes"][i, some], old, new)
            results.append(
                {
                    "boxes": boxes,
                    "labels": found["labels"][i, some],
                    "scores": found["scores"][i, some],
                    "masks": paste_masks(found["masks"][i, some], boxes, new),
                }
            )
        return results


def _check_images(images: Tensor, channels: int) -> None:
    if images.ndim != 4 or images.shape[1] != channels:
        raise ValueError(f"MaskRCNN takes images (N, {channels}, H, W), in_channels={channels}, got an input of shape {tuple(images.shape)}")
    if not images.is_floating_point():
        raise ValueError(f"MaskRCNN takes float images, got {images.dtype}: convert them, and scale them as the weights expect (to 0 … 1, mean, deviation)")
    if min(images.shape[2:]) < 32:
        raise ValueError(f"MaskRCNN needs images of at least 32×32, got {images.shape[2]}×{images.shape[3]}")
