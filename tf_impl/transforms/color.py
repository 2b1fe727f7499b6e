r"""Brightness, contrast, saturation, hue: an image blended with another version of itself."""

from collections.abc import Sequence

import keras
import numpy as np
import PIL.Image
import PIL.ImageEnhance
from jaxtyping import Num
from keras import ops

from tf_impl.transforms._transform import Image, Random, is_float
from tf_impl.typing import Tensor

Range = float | Sequence[float]


@keras.saving.register_keras_serializable(package="tf_impl")
class ColorJitter(Random):
    r"""torchvision's `ColorJitter`: all four in a random order, each by a factor drawn evenly; with `training=False` none.

    $$ y = r\, x + (1 - r)\, z, \qquad \text{z: black (brightness), the mean of its grey (contrast), its grey (saturation)} $$

    Args:
        brightness, contrast, saturation: v for a factor between max(0, 1 − v) and 1 + v, or the two bounds.
        hue: v for a share between −v and v, at most ½, or the two bounds.

    Shapes:
        (..., H, W, 3) or (..., H, W, 1), or a PIL image; values from 0 to 1, or bytes.

    Raises:
        ValueError: a negative number, or bounds outside what is allowed.

    Differs from PyTorch:
        `keras.layers.RandomBrightness` adds, and takes values up to 255 unless told (an image from 0 to 1 becomes 51 brighter); torchvision multiplies.
        `RandomContrast` takes the mean of each channel, torchvision that of the grey. `RandomSaturation` and `RandomHue` go through HSV.
        PIL images go through Pillow's own `ImageEnhance`, on both sides.

    Source: torchvision's documentation, `ColorJitter`; Pillow, `ImageEnhance`.
    """

    def __init__(self, brightness: Range = 0, contrast: Range = 0, saturation: Range = 0, hue: Range = 0, **kwargs) -> None:
        named = {"brightness": brightness, "contrast": contrast, "saturation": saturation}
        bounds = [_bounds(value, name) for name, value in named.items()] + [_bounds(hue, "hue", center=0.0, least=-0.5, most=0.5)]
        super().__init__(**kwargs)
        self.brightness, self.contrast, self.saturation, self.hue = bounds

    def get_params(self) -> tuple[Tensor, list[Tensor | None]]:
        """The order of the four, and their factors; None leaves one out."""
        bounds = (self.brightness, self.contrast, self.saturation, self.hue)
        return ops.argsort(self.uniform((4,))), [None if pair is None else self.uniform((), *pair) for pair in bounds]

    def call(self, inputs: Num[Tensor, "*n h w c"], training: bool | None = None) -> Num[Tensor, "*n h w c"]:
        return inputs if training is False else color_jitter(inputs, *self.get_params())

    def of_pil(self, image: PIL.Image.Image) -> PIL.Image.Image:
        order, factors = self.get_params()
        return color_jitter(image, ops.convert_to_numpy(order).tolist(), [None if factor is None else float(factor) for factor in factors])


def color_jitter(image: Image, order: Sequence[int], factors: Sequence[float | None]) -> Image:
    """Brightness (0), contrast (1), saturation (2) and hue (3) by their factors, in an order, which may be a tensor."""
    changes = (adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue)
    branches = [
        (lambda picture: picture) if factor is None else (lambda picture, change=change, factor=factor: change(picture, factor))
        for change, factor in zip(changes, factors, strict=True)
    ]
    if not ops.is_tensor(order):
        for which in order:
            image = branches[which](image)
        return image
    for which in range(4):
        image = ops.switch(order[which], branches, image)
    return image


def adjust_brightness(image: Image, brightness_factor: float) -> Image:
    """0 black, 1 as it is."""
    _check(brightness_factor, "brightness_factor")
    if isinstance(image, PIL.Image.Image):
        return PIL.ImageEnhance.Brightness(image).enhance(brightness_factor)
    return _blend(image, ops.zeros_like(image), brightness_factor)


def adjust_contrast(image: Image, contrast_factor: float) -> Image:
    """0 one grey, 1 as it is."""
    _check(contrast_factor, "contrast_factor")
    if isinstance(image, PIL.Image.Image):
        return PIL.ImageEnhance.Contrast(image).enhance(contrast_factor)
    grey = rgb_to_grayscale(image) if image.shape[-1] == 3 else image
    return _blend(image, ops.mean(_floats(grey), axis=(-3, -2, -1), keepdims=True), contrast_factor)


def adjust_saturation(image: Image, saturation_factor: float) -> Image:
    """0 grey, 1 as it is."""
    _check(saturation_factor, "saturation_factor")
    if isinstance(image, PIL.Image.Image):
        return PIL.ImageEnhance.Color(image).enhance(saturation_factor)
    return image if image.shape[-1] == 1 else _blend(image, rgb_to_grayscale(image), saturation_factor)


def adjust_hue(image: Image, hue_factor: float) -> Image:
    """Turned by this share of the circle, from −½ to ½."""
    if isinstance(hue_factor, (int, float)) and not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor must be between -0.5 and 0.5, got {hue_factor}")
    if isinstance(image, PIL.Image.Image):
        if image.mode != "RGB":
            return image
        hue, *rest = image.convert("HSV").split()
        turned = np.array(hue) + np.int32(hue_factor * 255).astype(np.uint8)
        return PIL.Image.merge("HSV", (PIL.Image.fromarray(turned), *rest)).convert("RGB")
    if image.shape[-1] == 1:
        return image
    floats = image if is_float(image) else ops.cast(image, "float32") / 255
    hue, saturation, value = _hsv(floats)
    turned = _rgb(ops.mod(hue + _like(hue_factor, floats), 1.0), saturation, value)
    return turned if is_float(image) else ops.cast(turned * (256 - 1e-3), image.dtype)


def rgb_to_grayscale(image: Num[Tensor, "*n h w 3"]) -> Num[Tensor, "*n h w 1"]:
    """Grey by 0.2989 R + 0.587 G + 0.114 B."""
    red, green, blue = ops.unstack(_floats(image), 3, axis=-1)
    return ops.cast(0.2989 * red + 0.587 * green + 0.114 * blue, image.dtype)[..., None]


def _floats(image: Tensor) -> Tensor:
    return image if is_float(image) else ops.cast(image, keras.config.floatx())


def _blend(image: Tensor, other: Tensor, ratio: float) -> Tensor:
    x, z = _floats(image), _floats(other)
    ratio = _like(ratio, x)
    return ops.cast(ops.clip(ratio * x + (1.0 - ratio) * z, 0, 1.0 if is_float(image) else 255.0), image.dtype)


def _like(number: float, image: Tensor) -> Tensor:
    """A drawn number in the image's type; a Python number as it is, because Keras would round it to float32."""
    return number if isinstance(number, (int, float)) else ops.cast(number, image.dtype)


def _hsv(image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    red, green, blue = ops.unstack(image, 3, axis=-1)
    most, least = ops.max(image, axis=-1), ops.min(image, axis=-1)
    grey = most == least  # no hue, and nothing to divide by
    width = ops.where(grey, ops.ones_like(most), most - least)
    saturation = (most - least) / ops.where(grey, ops.ones_like(most), most)
    r, g, b = ((most - channel) / width for channel in (red, green, blue))
    hue = ops.where(most == red, b - g, ops.where(most == green, 2.0 + r - b, 4.0 + g - r))
    return ops.mod(hue / 6.0 + 1.0, 1.0), saturation, most


def _rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    sector = ops.floor(hue * 6.0)
    f = hue * 6.0 - sector
    p, q, t = (ops.clip(value * part, 0.0, 1.0) for part in (1.0 - saturation, 1.0 - saturation * f, 1.0 - saturation * (1.0 - f)))
    sector = ops.mod(ops.cast(sector, "int32"), 6)
    table = ((value, q, p, p, t, value), (t, value, value, q, p, p), (p, p, t, value, value, q))
    return ops.stack([ops.take_along_axis(ops.stack(row, axis=-1), sector[..., None], axis=-1)[..., 0] for row in table], axis=-1)


def _bounds(value: Range, name: str, center: float = 1.0, least: float = 0.0, most: float = float("inf")) -> tuple[float, float] | None:
    if value is None:
        return None
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
    if isinstance(factor, (int, float)) and factor < 0:
        raise ValueError(f"{name} must not be negative, got {factor}")
