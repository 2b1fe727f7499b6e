r"""Photographs of any size become one batch: normalised, resized, and set into the upper left corner of frames of one size.

The scale is the largest with which the short side is at most `min_size` and the long one at most `max_size`; frames are multiples of 32, filled with zeros.
Shapes: images (H, W, C) of floats in 0 … 1, each of its own size; batch (N, H', W', C), sizes (N, 2); boxes (K, 4).

Differs from PyTorch:
    Channels are last. `keras.layers.Resizing` and `ops.image.resize` answer in float32 whatever they are given; here it is `layers.upsample`.

Source: He et al. 2017, arXiv:1703.06870, 3.1; torchvision's `GeneralizedRCNNTransform`.
"""

import math
from collections.abc import Sequence

from jaxtyping import Float, Int
from keras import ops

from tf_impl.layers.upsample import Upsample
from tf_impl.typing import Tensor

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def batch_images(
    images: Sequence[Tensor],
    min_size: int = 800,
    max_size: int = 1333,
    mean: Sequence[float] = MEAN,
    std: Sequence[float] = STD,
    multiple: int = 32,
) -> tuple[Float[Tensor, "n h w c"], Int[Tensor, "n 2"]]:
    """The batch, and the size of each image in it."""
    resized = []
    for image in images:
        check_image(image, len(mean))
        normal = (image - ops.convert_to_tensor(mean, image.dtype)) / ops.convert_to_tensor(std, image.dtype)
        size = resized_size(image.shape[:2], min_size, max_size)
        resized.append(Upsample(size=size, mode="bilinear", dtype=image.dtype)(normal[None])[0])
    height, width = (math.ceil(max(image.shape[axis] for image in resized) / multiple) * multiple for axis in (0, 1))
    framed = [ops.pad(image, [(0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)]) for image in resized]
    return ops.stack(framed), ops.convert_to_tensor([image.shape[:2] for image in resized], "int64")


def resize_boxes(boxes: Float[Tensor, "k 4"], old: tuple[int, int], new: tuple[int, int]) -> Float[Tensor, "k 4"]:
    """Boxes (K, 4) of an image of size `old` in the same image of size `new`."""
    return boxes * ops.convert_to_tensor([new[1] / old[1], new[0] / old[0]] * 2, boxes.dtype)


def resized_size(size: Sequence[int], min_size: int, max_size: int) -> tuple[int, int]:
    """Height and width after resizing, rounded down."""
    scale = min(min_size / min(size), max_size / max(size))
    return math.floor(size[0] * scale), math.floor(size[1] * scale)


def check_image(image: Tensor, channels: int) -> None:
    """Refuse what is no float image (H, W, C)."""
    if len(image.shape) != 3 or image.shape[-1] != channels or "float" not in str(image.dtype):
        raise ValueError(f"images must be floats (H, W, {channels}) in 0 … 1, got {image.dtype} of shape {tuple(image.shape)}")
