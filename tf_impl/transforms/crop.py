"""Cutting out: from the middle, at random, at random and resized."""

import math
from collections.abc import Sequence

import keras
from jaxtyping import Float, Int, Num
from keras import ops

from tf_impl.transforms._transform import Image, Random, Transform, pair, size_of, through
from tf_impl.transforms.pad import pad
from tf_impl.transforms.resize import _resize_window, resize
from tf_impl.typing import Tensor

TRIES = 10
_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class CenterCrop(Transform):
    """torchvision's `CenterCrop`: what is too small is padded with zeros first.

    Args:
        size: one number, or (height, width).

    Shapes:
        (..., H, W, C), or a PIL image; result (..., *size, C).

    Raises:
        ValueError: no size.

    Differs from PyTorch:
        The middle begins at round((n − c)/2); `keras.layers.CenterCrop` rounds down: 4 of 7 pixels begin one pixel earlier. It resizes what is too small.

    Source: torchvision's documentation, `CenterCrop`.
    """

    def __init__(self, size: int | Sequence[int], **kwargs) -> None:
        wanted = pair(size)
        super().__init__(**kwargs)
        self.size = wanted

    def call(self, inputs: Num[Tensor, "*n h w c"]) -> Num[Tensor, "*n h2 w2 c"]:
        return _middle(inputs, self.size)


@_register
class RandomCrop(Random):
    """torchvision's `RandomCrop`: one place for all that it is given; with `training=False` the middle.

    Args:
        size: one number, or (height, width).
        padding: put around the image first, as in `Pad`.
        pad_if_needed: pad what is still too small, on both sides.
        fill, padding_mode: as in `Pad`.

    Shapes:
        (..., H, W, C), or a PIL image; result (..., *size, C).

    Raises:
        ValueError: the image is smaller than `size`.

    Differs from PyTorch:
        `keras.layers.RandomCrop` has no padding, and resizes and takes the middle when not training (0.8 away on values from 0 to 1).
        Of a batch all images are cut at one place, as in torchvision: put it into a `tf.data` map before batching for a place each.

    Source: torchvision's documentation, `RandomCrop`.
    """

    def __init__(self, size: int | Sequence[int], padding: int | Sequence[int] | None = None, pad_if_needed: bool = False, fill: float = 0,
                 padding_mode: str = "constant", **kwargs) -> None:  # fmt: skip
        wanted = pair(size)
        super().__init__(**kwargs)
        self.size = wanted
        self.padding, self.pad_if_needed, self.fill, self.padding_mode = padding, pad_if_needed, fill, padding_mode

    def get_params(self, image: Image, output_size: tuple[int, int]) -> tuple[Tensor, Tensor, int, int]:
        """(top, left, height, width), every place alike."""
        (height, width), (h, w) = size_of(image), output_size
        if h > height or w > width:
            raise ValueError(f"Required crop size {(h, w)} is larger than input image size {(height, width)}")
        top, left = (keras.random.randint((), 0, n + 1, seed=self.seed_generator) for n in (height - h, width - w))
        return top, left, h, w

    def call(self, inputs: Num[Tensor, "*n h w c"], training: bool | None = None) -> Num[Tensor, "*n h2 w2 c"]:
        image = inputs if self.padding is None else pad(inputs, self.padding, self.fill, self.padding_mode)
        (height, width), (h, w) = size_of(image), self.size
        if self.pad_if_needed and (width < w or height < h):
            image = pad(image, (max(w - width, 0), max(h - height, 0)), self.fill, self.padding_mode)
        params = self.get_params(image, self.size)
        return _middle(image, self.size) if training is False else crop(image, *params)


@_register
class RandomResizedCrop(Random):
    """torchvision's `RandomResizedCrop`: a share of the area and a ratio of the sides, resized; with `training=False` the whole middle.

    Args:
        size: one number, or (height, width).
        scale: least and largest share of the image's area.
        ratio: least and largest width over height, drawn evenly in the logarithm.
        interpolation, antialias: as in `Resize`.

    Shapes:
        (..., H, W, C), or a PIL image; result (..., *size, C).

    Raises:
        ValueError: no size, or a range whose first number is the larger.

    Differs from PyTorch:
        The crop's size is drawn in the graph, and the resizing's weights with it: 1e-6 away in float32 where PyTorch cuts first. Keras has no such layer
        for one box; its `RandomZoom` and `RandomCrop` are other transforms.
        A PIL image is resized as a tensor of bytes, by up to one level of 255 other than Pillow.

    Source: torchvision's documentation, `RandomResizedCrop`.
    """

    def __init__(self, size: int | Sequence[int], scale: tuple[float, float] = (0.08, 1.0), ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
                 interpolation: str = "bilinear", antialias: bool = True, **kwargs) -> None:  # fmt: skip
        if not scale[0] <= scale[1] or not ratio[0] <= ratio[1]:
            raise ValueError(f"scale and ratio must be (least, largest), got {scale} and {ratio}")
        wanted = pair(size)
        super().__init__(**kwargs)
        self.size = wanted
        self.scale, self.ratio, self.interpolation, self.antialias = scale, ratio, interpolation, antialias

    def get_params(self, image: Image, scale: tuple[float, float], ratio: tuple[float, float]) -> Int[Tensor, " 4"]:
        """(top, left, height, width)."""
        return crop_box(self.uniform((TRIES, 4)), *size_of(image), scale, ratio)

    def call(self, inputs: Num[Tensor, "*n h w c"], training: bool | None = None) -> Num[Tensor, "*n h2 w2 c"]:
        box = _whole(*size_of(inputs), self.ratio) if training is False else ops.unstack(self.get_params(inputs, self.scale, self.ratio), 4)
        return resized_crop(inputs, *box, self.size, self.interpolation, self.antialias)


def crop(image: Image, top: int, left: int, height: int, width: int) -> Image:
    """The rectangle that begins at (top, left), which may be tensors."""

    def cut(tensor: Tensor) -> Tensor:
        rank = len(tensor.shape)
        if isinstance(top, int) and isinstance(left, int):
            return tensor[..., top : top + height, left : left + width, :]
        start = ops.stack([ops.cast(place, "int32") for place in (*(0,) * (rank - 3), top, left, 0)])
        return ops.slice(tensor, start, (*ops.shape(tensor)[:-3], height, width, tensor.shape[-1]))

    return through(image, cut)


def resized_crop(image: Image, top: int, left: int, height: int, width: int, size: Sequence[int], interpolation: str = "bilinear",
                 antialias: bool = True) -> Image:  # fmt: skip
    """A rectangle, resized; its place and size may be tensors."""
    if all(isinstance(number, int) for number in (top, left, height, width)):
        return resize(crop(image, top, left, height, width), size, interpolation, antialias=antialias)
    return through(image, lambda tensor: _resize_window(tensor, (top, left), (height, width), tuple(size), interpolation, antialias))


def crop_box(draws: Float[Tensor, "tries 4"], height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float]) -> Int[Tensor, " 4"]:
    """(top, left, height, width) of the first of several tries that fits into the image, else its middle with the nearest ratio.

    Args:
        draws: numbers from 0 to 1, (tries, 4): for area, ratio, top, left.
    """
    area, shape, down, across = ops.unstack(draws, 4, axis=1)
    target = height * width * (scale[0] + (scale[1] - scale[0]) * area)
    sides = ops.exp(math.log(ratio[0]) + (math.log(ratio[1]) - math.log(ratio[0])) * shape)
    w, h = ops.round(ops.sqrt(target * sides)), ops.round(ops.sqrt(target / sides))
    fits = (w > 0) & (w <= width) & (h > 0) & (h <= height)
    boxes = ops.stack([ops.floor(down * (height - h + 1)), ops.floor(across * (width - w + 1)), h, w], axis=1)
    first = ops.take(boxes, ops.argmax(ops.cast(fits, "int32")), axis=0)
    return ops.where(ops.any(fits), ops.cast(first, "int64"), ops.convert_to_tensor(_whole(height, width, ratio), "int64"))


def boxes(draws: Float[Tensor, "tries 4"], height: int, width: int, scale: tuple[float, float], ratio: tuple[float, float]) -> dict[str, Tensor | bool]:
    """The box of all tries, of each alone, and whether they lie in the image."""
    found = ops.stack([crop_box(rows, height, width, scale, ratio) for rows in (draws, *(row[None] for row in draws))])
    inside = (found[:, 0] >= 0) & (found[:, 1] >= 0) & (found[:, 0] + found[:, 2] <= height) & (found[:, 1] + found[:, 3] <= width)
    return {"boxes": found, "inside": bool(ops.all(inside))}


def _whole(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int, int, int]:
    """The largest box in the middle whose sides have an allowed ratio."""
    w, h = min(width, round(height * ratio[1])), min(height, round(width / ratio[0]))
    return (height - h) // 2, (width - w) // 2, h, w


def _middle(image: Image, size: tuple[int, int]) -> Image:
    (height, width), (h, w) = size_of(image), size
    if h > height or w > width:
        across, down = max(w - width, 0), max(h - height, 0)
        image = pad(image, (across // 2, down // 2, (across + 1) // 2, (down + 1) // 2))
        height, width = size_of(image)
    return crop(image, round((height - h) / 2), round((width - w) / 2), h, w)
