r"""Resizing: to a size, or the shorter side to a number.

With antialiasing a weight of the kernel f reaches as far as one output pixel covers, $s = \max(n/m, 1)$:

$$ y_i = \sum_j w_{ij} x_j, \qquad w_{ij} \propto f\Bigl(\frac{j + \tfrac12 - (i + \tfrac12)\, n/m}{s}\Bigr) $$

f is the triangle (bilinear) or Keys' cubic with a = −½ (bicubic; −¾ without antialiasing). PIL always antialiases, in integers of 22 bits.

Shapes: (..., C, H, W) or a PIL image; `size` one number: the shorter side, the other in proportion, rounded down.

>>> import torch
>>> Resize(4)(torch.zeros(3, 8, 13)).shape, Resize((5, 3))(torch.zeros(3, 8, 13)).shape
(torch.Size([3, 4, 6]), torch.Size([3, 5, 3]))

Source: torchvision's documentation, `Resize`; Pillow, `Resample.c`; the notes, "Scale/Resize：调整尺寸，长宽比保持不变".
"""

from collections.abc import Sequence

import numpy as np
import PIL.Image
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from torch_ref.transforms._image import Image, size_of

_PIL = {"nearest": 0, "nearest-exact": 0, "bilinear": 2, "bicubic": 3}


class Resize(torch.nn.Module):
    """torchvision's `Resize`, with the interpolation by name.

    Args:
        size: of the shorter side, or (height, width).
        interpolation: "nearest", "nearest-exact", "bilinear" or "bicubic".
        max_size: most that the longer side may be, with one number for `size`.
        antialias: only for tensors, bilinear and bicubic; PIL always does.

    Raises:
        ValueError: another interpolation or no size; `max_size` with two numbers or not above `size`.
    """

    def __init__(self, size: int | Sequence[int], interpolation: str = "bilinear", max_size: int | None = None, antialias: bool = True) -> None:
        super().__init__()
        _check(size, interpolation, max_size)
        self.size, self.interpolation, self.max_size, self.antialias = size, interpolation, max_size, antialias

    def forward(self, image: Image) -> Image:
        return resize(image, self.size, self.interpolation, self.max_size, self.antialias)


def resize(image: Image, size: int | Sequence[int], interpolation: str = "bilinear", max_size: int | None = None, antialias: bool = True) -> Image:
    """The function of `Resize`."""
    _check(size, interpolation, max_size)
    wanted = _wanted(size_of(image), size, max_size)
    if isinstance(image, PIL.Image.Image):
        return image.resize(wanted[::-1], _PIL[interpolation])
    if wanted == size_of(image):
        return image
    smooth = interpolation in ("bilinear", "bicubic")
    batch = image.reshape(-1, 1, *image.shape[-2:])
    floats = batch if batch.is_floating_point() else batch.to(torch.float32)
    output = interpolate(floats, size=wanted, mode=interpolation, align_corners=False if smooth else None, antialias=antialias and smooth)
    if not image.is_floating_point():
        output = output.clamp(0, 255) if interpolation == "bicubic" and image.dtype == torch.uint8 else output
        output = output.round().to(image.dtype)
    return output.reshape(*image.shape[:-2], *wanted)


def resize_as_pillow(image: Tensor, size: Sequence[int], interpolation: str = "bilinear") -> Tensor:
    """Bytes (C, H, W) as PIL resizes them."""
    planes = [PIL.Image.fromarray(plane.numpy()).resize((size[1], size[0]), _PIL[interpolation]) for plane in image.cpu()]
    return torch.from_numpy(np.stack([np.array(plane) for plane in planes]))


def _wanted(now: tuple[int, int], size: int | Sequence[int], max_size: int | None) -> tuple[int, int]:
    sizes = (size,) if isinstance(size, int) else tuple(size)
    if len(sizes) == 2:
        return sizes
    short, long = sorted(now)
    new_short, new_long = sizes[0], int(sizes[0] * long / short)
    if max_size is not None and new_long > max_size:
        new_short, new_long = int(max_size * new_short / new_long), max_size
    return (new_long, new_short) if now[1] <= now[0] else (new_short, new_long)


def _check(size: int | Sequence[int], interpolation: str, max_size: int | None) -> None:
    sizes = (size,) if isinstance(size, int) else tuple(size)
    if len(sizes) not in (1, 2) or not all(isinstance(n, int) and n > 0 for n in sizes):
        raise ValueError(f"size must be a positive number or (height, width), got {size!r}")
    if interpolation not in _PIL:
        raise ValueError(f"interpolation must be one of {tuple(_PIL)}, got {interpolation!r}")
    if max_size is not None and (len(sizes) == 2 or max_size <= sizes[0]):
        raise ValueError(f"max_size must be above size={size!r}, which must be one number, got {max_size}")
