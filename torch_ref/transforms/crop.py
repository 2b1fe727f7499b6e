r"""Cutting out: from the middle, at random, at random and resized.

Shapes: (..., C, H, W) or a PIL image; result (..., C, *size).

The middle begins at $\mathrm{round}((n - c)/2)$, halves to the even number: 4 of 7 pixels from the third on, 4 of 9 from the third too.

>>> import torch
>>> CenterCrop(4)(torch.arange(7.0).expand(1, 7, 7))[0, 0], CenterCrop(4)(torch.arange(9.0).expand(1, 9, 9))[0, 0]
(tensor([2., 3., 4., 5.]), tensor([2., 3., 4., 5.]))

Source: torchvision's documentation, `CenterCrop`, `RandomCrop`, `RandomResizedCrop` (once `RandomSizedCrop`); the notes, "CenterCrop、RandomCrop".
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from torch_ref.transforms._image import Image, pair, size_of, through
from torch_ref.transforms.pad import pad
from torch_ref.transforms.resize import resize

TRIES = 10


class CenterCrop(torch.nn.Module):
    """torchvision's `CenterCrop`: what is too small is padded with zeros first.

    Args:
        size: one number, or (height, width).

    Raises:
        ValueError: no size.
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = pair(size)

    def forward(self, image: Image) -> Image:
        (height, width), (h, w) = size_of(image), self.size
        if h > height or w > width:
            across, down = max(w - width, 0), max(h - height, 0)
            image = pad(image, (across // 2, down // 2, (across + 1) // 2, (down + 1) // 2))
            height, width = size_of(image)
        return crop(image, round((height - h) / 2), round((width - w) / 2), h, w)


class RandomCrop(torch.nn.Module):
    """torchvision's `RandomCrop`.

    Args:
        size: one number, or (height, width).
        padding: put around the image first, as in `Pad`.
        pad_if_needed: pad what is still too small, on both sides.
        fill, padding_mode: as in `Pad`.

    Raises:
        ValueError: the image is smaller than `size`.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = pair(size)
        self.padding, self.pad_if_needed, self.fill, self.padding_mode = padding, pad_if_needed, fill, padding_mode

    @staticmethod
    def get_params(image: Image, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """(top, left, height, width), every place alike."""
        (height, width), (h, w) = size_of(image), output_size
        if h > height or w > width:
            raise ValueError(f"Required crop size {(h, w)} is larger than input image size {(height, width)}")
        return int(torch.randint(0, height - h + 1, ())), int(torch.randint(0, width - w + 1, ())), h, w

    def forward(self, image: Image) -> Image:
        if self.padding is not None:
            image = pad(image, self.padding, self.fill, self.padding_mode)
        (height, width), (h, w) = size_of(image), self.size
        if self.pad_if_needed and (width < w or height < h):
            image = pad(image, (max(w - width, 0), max(h - height, 0)), self.fill, self.padding_mode)
        return crop(image, *self.get_params(image, self.size))


class RandomResizedCrop(torch.nn.Module):
    """torchvision's `RandomResizedCrop`: a share of the area and a ratio of the sides, resized.

    Args:
        size: one number, or (height, width).
        scale: least and largest share of the image's area.
        ratio: least and largest width over height, drawn evenly in the logarithm.
        interpolation, antialias: as in `Resize`.

    Raises:
        ValueError: no size, or a range whose first number is the larger.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: str = "bilinear",
        antialias: bool = True,
    ) -> None:
        super().__init__()
        if not scale[0] <= scale[1] or not ratio[0] <= ratio[1]:
            raise ValueError(f"scale and ratio must be (least, largest), got {scale} and {ratio}")
        self.size = pair(size)
        self.scale, self.ratio, self.interpolation, self.antialias = scale, ratio, interpolation, antialias

    @staticmethod
    def get_params(image: Image, scale: tuple[float, float], ratio: tuple[float, float]) -> tuple[int, int, int, int]:
        """(top, left, height, width)."""
        return tuple(crop_box(torch.rand(TRIES, 4, dtype=torch.float64), *size_of(image), scale, ratio).tolist())

    def forward(self, image: Image) -> Image:
        box = self.get_params(image, self.scale, self.ratio)
        return resized_crop(image, *box, self.size, self.interpolation, self.antialias)


def crop(image: Image, top: int, left: int, height: int, width: int) -> Image:
    """The rectangle that begins at (top, left)."""
    return through(image, lambda tensor: tensor[..., top : top + height, left : left + width])


def resized_crop(
    image: Image, top: int, left: int, height: int, width: int, size: Sequence[int], interpolation: str = "bilinear", antialias: bool = True
) -> Image:
    """A rectangle, resized."""
    return resize(crop(image, top, left, height, width), size, interpolation, antialias=antialias)


def crop_box(draws: Tensor, height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float]) -> Tensor:
    """(top, left, height, width) of the first of several tries that fits into the image, else its middle with the nearest ratio.

    Args:
        draws: numbers from 0 to 1, (tries, 4): for area, ratio, top, left.
    """
    for area, shape, down, across in draws.tolist():
        target = height * width * (scale[0] + (scale[1] - scale[0]) * area)
        sides = math.exp(math.log(ratio[0]) + (math.log(ratio[1]) - math.log(ratio[0])) * shape)
        w, h = round(math.sqrt(target * sides)), round(math.sqrt(target / sides))
        if 0 < w <= width and 0 < h <= height:
            return torch.tensor([int(down * (height - h + 1)), int(across * (width - w + 1)), h, w])
    w, h = min(width, round(height * ratio[1])), min(height, round(width / ratio[0]))
    return torch.tensor([(height - h) // 2, (width - w) // 2, h, w])


def boxes(draws: Tensor, height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float]) -> dict[str, Tensor | bool]:
    """The box of all tries, of each alone, and whether they lie in the image."""
    found = torch.stack([crop_box(rows, height, width, scale, ratio) for rows in (draws, *draws.split(1))])
    inside = (found[:, 0] >= 0) & (found[:, 1] >= 0) & (found[:, 0] + found[:, 2] <= height) & (found[:, 1] + found[:, 3] <= width)
    return {"boxes": found, "inside": bool(inside.all())}
