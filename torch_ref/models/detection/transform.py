r"""Photographs of any size become one batch: normalised, resized, and set into the upper left corner of frames of one size.

The scale is the largest with which the short side is at most `min_size` and the long one at most `max_size`; frames are multiples of 32, filled with zeros.
Shapes: images (C, H, W) of floats in 0 … 1, each of its own size; batch (N, C, H', W'), sizes (N, 2); boxes (K, 4).

>>> import torch
>>> batch, sizes = batch_images((torch.zeros(3, 20, 30), torch.zeros(3, 30, 25)), min_size=40, max_size=50)
>>> batch.shape, sizes.tolist()
(torch.Size([2, 3, 64, 64]), [[33, 50], [48, 40]])

Source: He et al. 2017, arXiv:1703.06870, 3.1; torchvision's `GeneralizedRCNNTransform`.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def batch_images(
    images: Sequence[Tensor],
    min_size: int = 800,
    max_size: int = 1333,
    mean: Sequence[float] = MEAN,
    std: Sequence[float] = STD,
    multiple: int = 32,
) -> tuple[Tensor, Tensor]:
    """The batch, and the size of each image in it."""
    resized = []
    for image in images:
        check_image(image, len(mean))
        normal = (image - torch.tensor(mean, dtype=image.dtype)[:, None, None]) / torch.tensor(std, dtype=image.dtype)[:, None, None]
        size = resized_size(image.shape[1:], min_size, max_size)
        resized.append(F.interpolate(normal[None], size=size, mode="bilinear", align_corners=False)[0])
    sizes = torch.tensor([image.shape[1:] for image in resized])
    height, width = (math.ceil(int(side) / multiple) * multiple for side in sizes.amax(0))
    return torch.stack([F.pad(image, (0, width - image.shape[2], 0, height - image.shape[1])) for image in resized]), sizes


def resize_boxes(boxes: Tensor, old: tuple[int, int], new: tuple[int, int]) -> Tensor:
    """Boxes (K, 4) of an image of size `old` in the same image of size `new`."""
    return boxes * boxes.new_tensor([new[1] / old[1], new[0] / old[0]]).repeat(2)


def resized_size(size: Sequence[int], min_size: int, max_size: int) -> tuple[int, int]:
    """Height and width after resizing, rounded down."""
    scale = min(min_size / min(size), max_size / max(size))
    return math.floor(size[0] * scale), math.floor(size[1] * scale)


def check_image(image: Tensor, channels: int) -> None:
    """Refuse what is no float image (C, H, W)."""
    if image.ndim != 3 or image.shape[0] != channels or not image.is_floating_point():
        raise ValueError(f"images must be floats ({channels}, H, W) in 0 … 1, got {image.dtype} of shape {tuple(image.shape)}")
