"""Borders around an image."""

from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Num
from keras import ops

from tf_impl.transforms._transform import Image, Transform, size_of, through
from tf_impl.typing import Tensor

_MODES = ("constant", "edge", "reflect", "symmetric")


@keras.saving.register_keras_serializable(package="tf_impl")
class Pad(Transform):
    """torchvision's `Pad`.

    Args:
        padding: how many rows and columns: one number, (left and right, top and bottom), or (left, top, right, bottom).
        fill: the value around, in mode "constant".
        padding_mode: "constant", "edge", "reflect" (without the edge) or "symmetric" (with it).

    Shapes:
        (..., H, W, C), or a PIL image.

    Raises:
        ValueError: another mode, or padding of another length.

    Differs from PyTorch:
        `keras.layers.ZeroPadding2D` takes ((top, bottom), (left, right)), and zeros only; `ops.pad` has no "edge" on TensorFlow: the rows are gathered here.

    Source: torchvision's documentation, `Pad`.
    """

    def __init__(self, padding: int | Sequence[int], fill: float = 0, padding_mode: str = "constant", **kwargs) -> None:
        _sides(padding, padding_mode)
        super().__init__(**kwargs)
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def call(self, inputs: Num[Tensor, "*n h w c"]) -> Num[Tensor, "*n h2 w2 c"]:
        return pad(inputs, self.padding, self.fill, self.padding_mode)


def pad(image: Image, padding: int | Sequence[int], fill: float = 0, padding_mode: str = "constant") -> Image:
    """The function of `Pad`."""
    left, top, right, bottom = _sides(padding, padding_mode)

    def padded(tensor: Tensor) -> Tensor:
        if padding_mode == "constant":
            sides = [(0, 0)] * (len(tensor.shape) - 3) + [(top, bottom), (left, right), (0, 0)]
            return ops.pad(tensor, sides, constant_values=fill)
        height, width = size_of(tensor)
        tensor = ops.take(tensor, _places(height, top, bottom, padding_mode), axis=-3)
        return ops.take(tensor, _places(width, left, right, padding_mode), axis=-2)

    return through(image, padded)


def _sides(padding: int | Sequence[int], padding_mode: str) -> tuple[int, int, int, int]:
    if padding_mode not in _MODES:
        raise ValueError(f"padding_mode must be one of {_MODES}, got {padding_mode!r}")
    sides = (padding,) if isinstance(padding, int) else tuple(padding)
    if len(sides) not in (1, 2, 4):
        raise ValueError(f"padding must be 1, 2 or 4 numbers, got {padding!r}")
    return {1: sides * 4, 2: sides * 2, 4: sides}[len(sides)]


def _places(n: int, before: int, after: int, padding_mode: str) -> np.ndarray:
    """Which row or column stands at each place; before 0 and behind n it goes on as the mode says."""
    if padding_mode == "reflect" and max(before, after) >= n:
        raise ValueError(f"padding must be less than the image's {n} rows or columns to be reflected, got {max(before, after)}")
    if padding_mode == "symmetric" and max(before, after) > n:
        raise ValueError(f"padding must not exceed the image's {n} rows or columns to be mirrored, got {max(before, after)}")
    return np.pad(np.arange(n), (before, after), mode=padding_mode)
