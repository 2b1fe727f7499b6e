"""PIL images and tensors (..., C, H, W) alike."""

from collections.abc import Callable, Sequence

import numpy as np
import PIL.Image
import torch
from torch import Tensor

Image = PIL.Image.Image | Tensor


def size_of(image: Image) -> tuple[int, int]:
    """(height, width)."""
    if isinstance(image, PIL.Image.Image):
        return image.size[1], image.size[0]
    if not isinstance(image, Tensor) or image.ndim < 2:
        raise TypeError(f"image should be a PIL image or a tensor of at least two axes, got {type(image).__name__}")
    return image.shape[-2], image.shape[-1]


def through(image: Image, change: Callable[[Tensor], Tensor]) -> Image:
    """A change of places, which is the same for bytes of either kind."""
    if isinstance(image, Tensor):
        return change(image)
    bytes_ = torch.from_numpy(np.array(image))
    if bytes_.ndim == 2:
        return PIL.Image.fromarray(change(bytes_[None])[0].numpy())
    return PIL.Image.fromarray(change(bytes_.permute(2, 0, 1)).permute(1, 2, 0).contiguous().numpy())


def pair(size: int | Sequence[int]) -> tuple[int, int]:
    """One number for both sides, or (height, width)."""
    sizes = (size,) if isinstance(size, int) else tuple(size)
    if len(sizes) not in (1, 2) or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ValueError(f"size must be a positive number or (height, width), got {size!r}")
    return sizes[0], sizes[-1]
