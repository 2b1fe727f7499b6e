r"""Mirrored, or upside down, or not.

Shapes: (..., C, H, W) or a PIL image, unchanged.

>>> import torch
>>> RandomHorizontalFlip(p=1.0)(torch.arange(3.0).reshape(1, 1, 3))
tensor([[[2., 1., 0.]]])

Source: torchvision's documentation, `RandomHorizontalFlip`; the notes, "翻转概率为 0.5".
"""

import torch

from torch_ref.transforms._image import Image, through


class RandomHorizontalFlip(torch.nn.Module):
    """Left and right exchanged with probability p.

    Args:
        p: the probability.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, image: Image) -> Image:
        return hflip(image) if torch.rand(()) < self.p else image


class RandomVerticalFlip(torch.nn.Module):
    """Top and bottom exchanged with probability p.

    Args:
        p: the probability.
    """

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, image: Image) -> Image:
        return vflip(image) if torch.rand(()) < self.p else image


def hflip(image: Image) -> Image:
    """Left and right exchanged."""
    return through(image, lambda tensor: tensor.flip(-1))


def vflip(image: Image) -> Image:
    """Top and bottom exchanged."""
    return through(image, lambda tensor: tensor.flip(-2))
