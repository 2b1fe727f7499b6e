r"""Borders around an image.

Shapes: (..., C, H, W) or a PIL image; `padding` is one number, (left and right, top and bottom), or (left, top, right, bottom).

>>> import torch
>>> Pad((1, 0), fill=7)(torch.zeros(1, 1, 2))
tensor([[[7., 0., 0., 7.]]])

Source: torchvision's documentation, `Pad`; the notes, "Pad：填充".
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from torch_ref.transforms._image import Image, through

_MODES = ("constant", "edge", "reflect", "symmetric")


class Pad(torch.nn.Module):
    """torchvision's `Pad`.

    Args:
        padding: how many rows and columns.
        fill: the value around, in mode "constant".
        padding_mode: "constant", "edge", "reflect" (without the edge) or "symmetric" (with it).

    Raises:
        ValueError: another mode, or padding of another length.
    """

    def __init__(self, padding: int | Sequence[int], fill: float = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        _sides(padding, padding_mode)
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def forward(self, image: Image) -> Image:
        return pad(image, self.padding, self.fill, self.padding_mode)


def pad(image: Image, padding: int | Sequence[int], fill: float = 0, padding_mode: str = "constant") -> Image:
    """The function of `Pad`."""
    left, top, right, bottom = _sides(padding, padding_mode)

    def padded(tensor: Tensor) -> Tensor:
        if padding_mode == "constant":
            return functional.pad(tensor, (left, right, top, bottom), value=fill)
        rows, columns = (_places(n, *sides, padding_mode) for n, sides in zip(tensor.shape[-2:], ((top, bottom), (left, right)), strict=True))
        return tensor[..., rows[:, None], columns[None, :]]

    return through(image, padded)


def _sides(padding: int | Sequence[int], padding_mode: str) -> tuple[int, int, int, int]:
    if padding_mode not in _MODES:
        raise ValueError(f"padding_mode must be one of {_MODES}, got {padding_mode!r}")
    sides = (padding,) if isinstance(padding, int) else tuple(padding)
    if len(sides) not in (1, 2, 4):
        raise ValueError(f"padding must be 1, 2 or 4 numbers, got {padding!r}")
    return {1: sides * 4, 2: sides * 2, 4: sides}[len(sides)]


def _places(n: int, before: int, after: int, padding_mode: str) -> Tensor:
    """Which row or column stands at each place; before 0 and behind n it goes on as the mode says."""
    if padding_mode == "reflect" and max(before, after) >= n:
        raise ValueError(f"padding must be less than the image's {n} rows or columns to be reflected, got {max(before, after)}")
    if padding_mode == "symmetric" and max(before, after) > n:
        raise ValueError(f"padding must not exceed the image's {n} rows or columns to be mirrored, got {max(before, after)}")
    places = torch.arange(-before, n + after)
    if padding_mode == "edge":
        return places.clamp(0, n - 1)
    shift = 1 if padding_mode == "symmetric" else 0
    places = torch.where(places < 0, -places - shift, places)
    return torch.where(places >= n, 2 * (n - 1) - places + shift, places)
