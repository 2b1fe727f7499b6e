r"""Brightness, contrast, saturation, hue: an image blended with another version of itself.

$$ y = r\, x + (1 - r)\, z, \qquad \text{z: black (brightness), the mean of its grey (contrast), its grey (saturation)} $$

cut off at 0 and 1 (255 for bytes, rounded down). Grey is 0.2989 R + 0.587 G + 0.114 B. Hue is turned by a share of the circle in HSV.

Shapes: (..., 3, H, W) or (..., 1, H, W), or a PIL image; the mean is that of everything given, of one image or of a batch each for itself.

>>> import torch
>>> adjust_brightness(torch.tensor([0.25, 0.75]).reshape(1, 1, 2), 2.0)
tensor([[[0.5000, 1.0000]]])

Source: torchvision's documentation, `ColorJitter`; Pillow, `ImageEnhance`; the notes, "ColorJitter：修改亮度、对比度和饱和度".
"""

from collections.abc import Sequence

import numpy as np
import PIL.Image
import PIL.ImageEnhance
import torch
from torch import Tensor

from torch_ref.transforms._image import Image

Range = float | Sequence[float]


class ColorJitter(torch.nn.Module):
    """torchvision's `ColorJitter`: all four in a random order, each by a factor drawn evenly.

    Args:
        brightness, contrast, saturation: v for a factor between max(0, 1 − v) and 1 + v, or the two bounds.
        hue: v for a share between −v and v, at most ½, or the two bounds.

    Raises:
        ValueError: a negative number, or bounds outside what is allowed.
    """

    def __init__(self, brightness: Range = 0, contrast: Range = 0, saturation: Range = 0, hue: Range = 0) -> None:
        super().__init__()
        self.brightness, self.contrast, self.saturation = (
            _bounds(value, name) for value, name in ((brightness, "brightness"), (contrast, "contrast"), (saturation, "saturation"))
        )
        self.hue = _bounds(hue, "hue", center=0.0, least=-0.5, most=0.5)

    def get_params(self) -> tuple[list[int], list[float | None]]:
        """The order of the four, and their factors; None leaves one out."""
        factors = [
            None if bounds is None else float(torch.empty(()).uniform_(*bounds)) for bounds in (self.brightness, self.contrast, self.saturation, self.hue)
        ]
        return torch.randperm(4).tolist(), factors

    def forward(self, image: Image) -> Image:
        return color_jitter(image, *self.get_params())


def color_jitter(image: Image, order: Sequence[int], factors: Sequence[float | None]) -> Image:
    """Brightness (0), contrast (1), saturation (2) and hue (3) by their factors, in an order."""
    changes = (adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue)
    for which in order:
        if factors[which] is not None:
            image = changes[which](image, factors[which])
    return image


def adjust_brightness(image: Image, brightness_factor: float) -> Image:
    """0 black, 1 as it is."""
    _check(brightness_factor, "brightness_factor")
    if isinstance(image, PIL.Image.Image):
        return PIL.ImageEnhance.Brightness(image).enhance(brightness_factor)
    return _blend(image, torch.zeros_like(image), brightness_factor)


def adjust_contrast(image: Image, contrast_factor: float) -> Image:
    """0 one grey, 1 as it is."""
    _check(contrast_factor, "contrast_factor")
    if isinstance(image, PIL.Image.Image):
        return PIL.ImageEnhance.Contrast(image).enhance(contrast_factor)
    floats = image.dtype if image.is_floating_point() else torch.float32
    grey = rgb_to_grayscale(image) if image.shape[-3] == 3 else image
    return _blend(image, grey.to(floats).mean((-3, -2, -1), keepdim=True), contrast_factor)


def adjust_saturation(image: Image, saturation_factor: float) -> Image:
    """0 grey, 1 as it is."""
    _check(saturation_factor, "saturation_factor")
    if isinstance(image, PIL.Image.Image):
        return PIL.ImageEnhance.Color(image).enhance(saturation_factor)
    return image if image.shape[-3] == 1 else _blend(image, rgb_to_grayscale(image), saturation_factor)


def adjust_hue(image: Image, hue_factor: float) -> Image:
    """Turned by this share of the circle, from −½ to ½."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor must be between -0.5 and 0.5, got {hue_factor}")
    if isinstance(image, PIL.Image.Image):
        if image.mode != "RGB":
            return image
        hue, *rest = image.convert("HSV").split()
        turned = np.array(hue) + np.int32(hue_factor * 255).astype(np.uint8)
        return PIL.Image.merge("HSV", (PIL.Image.fromarray(turned), *rest)).convert("RGB")
    if image.shape[-3] == 1:
        return image
    floats = image if image.is_floating_point() else image.to(torch.float32) / 255
    hue, saturation, value = _hsv(floats)
    turned = _rgb(torch.remainder(hue + hue_factor, 1.0), saturation, value)
    return turned if image.is_floating_point() else (turned * (256 - 1e-3)).to(image.dtype)


def rgb_to_grayscale(image: Tensor) -> Tensor:
    """(..., 3, H, W) → (..., 1, H, W)."""
    red, green, blue = image.unbind(-3)
    return (0.2989 * red + 0.587 * green + 0.114 * blue).to(image.dtype).unsqueeze(-3)


def _blend(image: Tensor, other: Tensor, ratio: float) -> Tensor:
    most = 1.0 if image.is_floating_point() else 255.0
    return (ratio * image + (1.0 - ratio) * other).clamp(0, most).to(image.dtype)


def _hsv(image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    red, green, blue = image.unbind(-3)
    most, least = image.amax(-3), image.amin(-3)
    grey = most == least  # no hue, and nothing to divide by
    width = torch.where(grey, torch.ones_like(most), most - least)
    saturation = (most - least) / torch.where(grey, torch.ones_like(most), most)
    r, g, b = ((most - channel) / width for channel in (red, green, blue))
    hue = torch.where(most == red, b - g, torch.where(most == green, 2.0 + r - b, 4.0 + g - r))
    return torch.fmod(hue / 6.0 + 1.0, 1.0), saturation, most


def _rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    sector = torch.floor(hue * 6.0)
    f = hue * 6.0 - sector
    p, q, t = ((value * part).clamp(0.0, 1.0) for part in (1.0 - saturation, 1.0 - saturation * f, 1.0 - saturation * (1.0 - f)))
    sector = sector.to(torch.int64) % 6
    table = ((value, q, p, p, t, value), (t, value, value, q, p, p), (p, p, t, value, value, q))
    return torch.stack([torch.gather(torch.stack(row), 0, sector[None])[0] for row in table], dim=-3)


def _bounds(value: Range, name: str, center: float = 1.0, least: float = 0.0, most: float = float("inf")) -> tuple[float, float] | None:
    if isinstance(value, (int, float)):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be non negative, got {value}")
        low, high = center - value, center + value
        low = max(low, 0.0) if center else low
    else:
        low, high = value
    if not least <= low <= high <= most:
        raise ValueError(f"{name} values should be between ({least}, {most}), got {value}")
    return None if low == high == center else (float(low), float(high))


def _check(factor: float, name: str) -> None:
    if factor < 0:
        raise ValueError(f"{name} must not be negative, got {factor}")
