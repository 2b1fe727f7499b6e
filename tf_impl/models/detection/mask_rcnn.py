"""Mask R-CNN on a ResNet with a feature pyramid, channels last: boxes, classes and a mask for everything in a photograph."""

from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.models._model import Model
from tf_impl.models.detection.boxes import check_targets
from tf_impl.models.detection.fpn import ResNetFPN
from tf_impl.models.detection.masks import paste_masks
from tf_impl.models.detection.roi_heads import RoIHeads
from tf_impl.models.detection.rpn import RegionProposalNetwork
from tf_impl.models.detection.transform import batch_images, resize_boxes
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class MaskRCNN(Model):
    """Backbone, proposals, heads.

    Args:
        num_classes: with background, which is 0.
        block, layers, width, in_channels: ResNet's.
        out_channels: channels of the pyramid.
        frozen, eps: the norms, see `ResNetFPN`. torchvision's published weights need `eps=0.0`.
        representation_size, mask_layers, mask_dim_reduced: of the heads, see `RoIHeads`.
        sizes: sides of the anchors of each of the five levels.
        rpn_pre_nms_top_n, rpn_post_nms_top_n: (training, evaluation), see `RegionProposalNetwork`.
        rpn_batch_size_per_image, box_batch_size_per_image: anchors and proposals that a training step looks at; from as many as there are on, all.
        box_score_thresh, box_nms_thresh, box_detections_per_img: which detections remain.
        canonical_scale: side of the boxes that belong to level 4 of the pyramid.

    Shapes:
        images (N, H, W, C), normalised, any size from 32×32 on; targets: boxes (N, M, 4), labels (N, M) from 1 on, 0 where there is none,
        masks (N, M, H, W); output in training five losses, else boxes (N, D, 4), labels and scores (N, D), masks (N, D, 28, 28), zeros after the last.

    Raises:
        ValueError: images with other channels, of integers or too small; targets that are missing, without area, or of other sizes.

    Differs from PyTorch:
        torchvision's takes and returns lists of any length, and cannot be compiled whole; here all shapes are known beforehand, so one graph holds everything:
        also NMS, the sampling of proposals, and the cutting out of masks. See there. `torch_ref` has the same lists of fixed length, for comparison.
        The price is memory: ResNet-50 with 91 classes and 1,000 proposals at 512×640, eager in float32, peaks at 4.6 GiB, 1.6 of them before the heads,
        because every class compares all proposals with each other, likely or not.

    Source: He et al. 2017, "Mask R-CNN", arXiv:1703.06870; torchvision's `maskrcnn_resnet50_fpn`.
    """

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
        **kwargs,
    ) -> None:
        super().__init__(**{"autocast": False, **kwargs})  # coordinates keep their digits where convolutions run in half precision
        self.in_channels = in_channels
        self.backbone = ResNetFPN(block, layers, width, in_channels, out_channels, frozen, eps)
        self.rpn = RegionProposalNetwork(out_channels, sizes, rpn_pre_nms_top_n, rpn_post_nms_top_n, batch_size_per_image=rpn_batch_size_per_image)
        self.roi_heads = RoIHeads(
            num_classes, out_channels, representation_size, mask_layers, mask_dim_reduced, box_score_thresh, box_nms_thresh, box_detections_per_img,
            box_batch_size_per_image=box_batch_size_per_image, canonical_scale=canonical_scale,
        )  # fmt: skip

    def call(
        self,
        images: Float[Tensor, "n h w c"],
        boxes: Tensor | None = None,
        labels: Tensor | None = None,
        masks: Tensor | None = None,
        proposals: Tensor | None = None,
        sizes: Tensor | None = None,
        training: bool | None = None,
    ) -> dict[str, Tensor]:
        """Five losses in training, detections else.

        `proposals` (N, P, 4) replace the network's own; `sizes` (N, 2): images that do not fill their frame.
        """
        self.check_images(images, self.in_channels, 32)
        if training:
            if boxes is None or labels is None or masks is None:
                raise ValueError("in training MaskRCNN needs boxes, labels and masks; call it with training=False for detections")
            check_targets(boxes, labels)
            if tuple(masks.shape) != (*labels.shape, *images.shape[1:3]):
                raise ValueError(f"masks must be as large as the images: expected {(*labels.shape, *images.shape[1:3])}, got {tuple(masks.shape)}")
        else:
            boxes = labels = masks = None
        features = self.backbone(images)
        proposed = self.rpn(features, images=images, boxes=boxes, labels=labels, sizes=sizes, training=training)
        valid = proposed["valid"] if proposals is None else ops.ones_like(proposals[..., 0], dtype="bool")
        proposals = proposed["proposals"] if proposals is None else proposals
        found = self.roi_heads(features[:-1], images=images, proposals=proposals, valid=valid, boxes=boxes, labels=labels, masks=masks, sizes=sizes)
        return found | {name: value for name, value in proposed.items() if name.startswith("loss")}

    def detect(self, images: Sequence[Tensor], min_size: int = 800, max_size: int = 1333) -> list[dict[str, Tensor]]:
        """What is in photographs (H, W, C) of floats in 0 … 1: of each its boxes (K, 4), labels and scores (K,), and masks (K, H, W) of probabilities.

        Outside compiled functions only: how many there are is a value.
        """
        batch, sizes = batch_images(images, min_size, max_size)
        found = self(batch, sizes=sizes, training=False)
        results = []
        for i, (image, old) in enumerate(zip(images, ops.convert_to_numpy(sizes).tolist(), strict=True)):
            some = np.flatnonzero(ops.convert_to_numpy(found["labels"][i]))
            one = {name: ops.take(values[i], some, axis=0) for name, values in found.items()}
            boxes = resize_boxes(one["boxes"], old, image.shape[:2])
            results.append(one | {"boxes": boxes, "masks": paste_masks(one["masks"], boxes, image.shape[:2])})
        return results
