"""What a network for images refuses before its first layer would, with a word that helps."""

import keras

from tf_impl.layers._twin import check_channels
from tf_impl.typing import Tensor


def check_images(model: keras.layers.Layer, x: Tensor, channels: int, least: int | tuple[int, int] = 1) -> None:
    """Raises a ValueError unless x holds floats (N, H, W, channels) with H and W of at least `least`."""
    name = type(model).__name__
    if len(x.shape) != 4:
        raise ValueError(f"{name} expects images (N, H, W, C), got an input of shape {tuple(x.shape)}")
    if not keras.backend.is_float_dtype(x.dtype):
        raise ValueError(f"{name} expects images of floats, got {keras.backend.standardize_dtype(x.dtype)}: divide integers by 255 first")
    check_channels(model, x, "in_channels", channels)
    smallest = (least, least) if isinstance(least, int) else least
    if any(size is not None and size < limit for size, limit in zip(x.shape[1:3], smallest, strict=True)):
        raise ValueError(f"{name} needs images of at least {smallest[0]}×{smallest[1]} pixels, got {x.shape[1]}×{x.shape[2]}")
