r"""Resizing by torchvision's weights, written as two matrices; and by Pillow's, in integers."""

from collections.abc import Sequence

import keras
import numpy as np
import PIL.Image
from jaxtyping import Num, UInt8
from keras import ops

from tf_impl.transforms._transform import Image, Transform, is_float, size_of, through
from tf_impl.typing import Tensor

_MODES = ("nearest", "nearest-exact", "bilinear", "bicubic")
_BITS = 22  # of Pillow's fixed point: 32, less 8 for the value, less 2 for a sum that overshoots


@keras.saving.register_keras_serializable(package="tf_impl")
class Resize(Transform):
    r"""torchvision's `Resize`, with the interpolation by name.

    $$ y_i = \sum_j w_{ij} x_j, \qquad w_{ij} \propto f\Bigl(\frac{j + \tfrac12 - (i + \tfrac12)\, n/m}{s}\Bigr), \qquad s = \max(n/m, 1) $$

    Args:
        size: of the shorter side, or (height, width).
        interpolation: "nearest", "nearest-exact", "bilinear" or "bicubic".
        max_size: most that the longer side may be, with one number for `size`.
        antialias: only for tensors, bilinear and bicubic; of PIL images always.

    Shapes:
        (..., H, W, C), or a PIL image; `size` one number: the shorter side, the other in proportion, rounded down.

    Raises:
        ValueError: another interpolation or no size; `max_size` with two numbers or not above `size`; an image whose size is not known.

    Differs from PyTorch:
        `keras.layers.Resizing` and `tf.image.resize` do not antialias: on two photographs of 427x640 made 224x336, up to 80 levels of 255 away
        (4.9 and 1.0 on average), made 96x144 up to 134.
        `Resizing(224, 224)` distorts where `Resize(224)` keeps the proportions; its bicubic without antialiasing has a = −½, PyTorch's −¾.
        `keras.utils.load_img` takes the nearest pixel. `tf.image.resize` computes in float32 only.
        A tensor of bytes is resized in float32 and rounded, as torchvision's; a PIL image in Pillow's integers (`resize_as_pillow`), 13 % of the
        values one level other than that.

    Source: torchvision's documentation, `Resize`; Pillow, `Resample.c`.
    """

    def __init__(self, size: int | Sequence[int], interpolation: str = "bilinear", max_size: int | None = None, antialias: bool = True, **kwargs) -> None:
        _check(size, interpolation, max_size)
        super().__init__(**kwargs)
        self.size, self.interpolation, self.max_size, self.antialias = size, interpolation, max_size, antialias

    def call(self, inputs: Num[Tensor, "*n h w c"]) -> Num[Tensor, "*n h2 w2 c"]:
        return resize(inputs, self.size, self.interpolation, self.max_size, self.antialias)

    def of_pil(self, image: PIL.Image.Image) -> PIL.Image.Image:
        return resize(image, self.size, self.interpolation, self.max_size)


def resize(image: Image, size: int | Sequence[int], interpolation: str = "bilinear", max_size: int | None = None, antialias: bool = True) -> Image:
    """The function of `Resize`."""
    _check(size, interpolation, max_size)
    now = size_of(image)
    wanted = _wanted(now, size, max_size)
    if wanted == now:
        return image
    if isinstance(image, PIL.Image.Image):
        return through(image, lambda tensor: resize_as_pillow(tensor, wanted, interpolation))
    return _resize_window(image, (0, 0), now, wanted, interpolation, antialias)


def resize_as_pillow(image: UInt8[Tensor, "*n h w c"], size: Sequence[int], interpolation: str = "bilinear") -> UInt8[Tensor, "*n h2 w2 c"]:
    """Bytes as PIL resizes them: weights rounded to 22 bits, first along the rows, rounded to bytes in between.

    Bit for bit, except where Pillow 13 goes down the columns first (427x640 to 37x801, say: much lower and no narrower): 13 % are a level other there.
    """
    if interpolation.startswith("nearest"):
        rows, columns = (
            np.cumsum([n / m * 0.5, *[n / m] * (m - 1)]).astype(int) for n, m in zip(size_of(image), size, strict=True)
        )  # added up, roundings and all, as Pillow does
        return ops.take(ops.take(image, rows, axis=-3), columns, axis=-2)
    x = image
    for axis, n, m in ((-2, image.shape[-2], size[1]), (-3, image.shape[-3], size[0])):
        weights = _weights(np, 0.0, float(n), n, m, interpolation, True)
        fixed = np.trunc(weights * 2**_BITS + np.where(weights < 0, -0.5, 0.5)).astype(np.int32)
        values = ops.cast(x, "float32")
        # `ops.matmul` of integers rounds to float32: byte by byte every sum is exact
        sums = [ops.cast(_apply(values, axis, part.astype(np.float32)), "int32") for part in (fixed >> 16, (fixed >> 8) & 255, fixed & 255)]
        x = ops.clip(ops.right_shift(sums[0] * 2**16 + sums[1] * 2**8 + sums[2] + 2 ** (_BITS - 1), _BITS), 0, 255)
    return ops.cast(x, "uint8")


def _resize_window(image: Tensor, start: Sequence, length: Sequence, wanted: tuple[int, int], interpolation: str, antialias: bool) -> Tensor:
    """The rectangle of some length that begins at `start`, either of which may be tensors, resized: a crop whose size a graph does not know."""
    floats = image if is_float(image) else ops.cast(image, "float32")
    dtype = keras.backend.standardize_dtype(floats.dtype)
    precise = dtype if dtype == "float64" else "float32"
    x = ops.cast(floats, precise)
    xp = np if all(isinstance(number, (int, float)) for number in (*start, *length)) else ops
    for axis, begin, n, m in ((-3, start[0], length[0], wanted[0]), (-2, start[1], length[1], wanted[1])):
        whole = image.shape[axis]
        if xp is np and begin == 0 and n == whole == m:
            continue
        if xp is not np:
            begin, n = ops.cast(begin, precise), ops.cast(n, precise)
        weights = _weights(xp, begin, n, whole, m, interpolation, antialias and not interpolation.startswith("nearest"))
        x = _apply(x, axis, ops.cast(ops.convert_to_tensor(weights), precise))
    if is_float(image):
        return ops.cast(x, dtype)
    if interpolation == "bicubic":
        x = ops.clip(x, 0, 255)
    return ops.cast(ops.round(x), image.dtype)


def _apply(x: Tensor, axis: int, weights: Tensor) -> Tensor:
    """y[…, i, …] = Σ_j weights[i, j] x[…, j, …]."""
    moved = ops.moveaxis(x, axis, -2) if axis != -2 else x
    y = ops.matmul(weights, moved)
    return ops.moveaxis(y, -2, axis) if axis != -2 else y


def _weights(xp, begin, n, whole: int, m: int, interpolation: str, antialias: bool):
    """(m, whole): what each pixel of a line gives to each of the m, which show `n` of its pixels from `begin` on. `xp` is NumPy, or Keras' operations."""
    scale = n / m
    places = np.arange(whole, dtype=np.float64)[None, :] if xp is np else xp.cast(xp.arange(whole), n.dtype)[None, :]
    index = np.arange(m, dtype=np.float64)[:, None] if xp is np else xp.cast(xp.arange(m), n.dtype)[:, None]
    if interpolation.startswith("nearest"):
        if xp is np:  # PyTorch rounds these coordinates to float32, whatever the image
            index, scale = index.astype(np.float32), np.float32(scale)
        chosen = xp.floor((index + (0.5 if interpolation == "nearest-exact" else 0.0)) * scale)
        return xp.where(places == begin + xp.minimum(chosen, n - 1), 1.0, 0.0)
    center = (index + 0.5) * scale
    reach = 1.0 if interpolation == "bilinear" else 2.0
    if antialias:
        stretch = xp.maximum(scale, 1.0)
        first = xp.maximum(xp.floor(center - reach * stretch + 0.5), 0.0)  # floor and not truncation: below 0 both end at 0
        last = xp.minimum(xp.floor(center + reach * stretch + 0.5), n)
        inside = (places - begin >= first) & (places - begin < last)
        weights = xp.where(inside, _kernel(xp, xp.abs((places - begin - center + 0.5) * (1.0 / stretch)), interpolation, -0.5), 0.0)
        return weights / (np.cumsum(weights, axis=1)[:, -1:] if xp is np else xp.sum(weights, axis=1, keepdims=True))  # one after the other, as Pillow
    source = center - 0.5
    source = xp.maximum(source, 0.0) if interpolation == "bilinear" else source
    left, total = xp.floor(source), 0.0
    for step in (0, 1) if interpolation == "bilinear" else (-1, 0, 1, 2):
        share = _kernel(xp, xp.abs(source - left - step), interpolation, -0.75)
        total = total + xp.where(places - begin == xp.minimum(xp.maximum(left + step, 0.0), n - 1), share, 0.0)  # the edge goes on
    return total


def _kernel(xp, distance, interpolation: str, a: float):
    if interpolation == "bilinear":
        return xp.maximum(1.0 - distance, 0.0)
    near = ((a + 2.0) * distance - (a + 3.0)) * distance * distance + 1.0
    far = (((distance - 5.0) * distance + 8.0) * distance - 4.0) * a
    return xp.where(distance < 1.0, near, xp.where(distance < 2.0, far, 0.0))


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
    if interpolation not in _MODES:
        raise ValueError(f"interpolation must be one of {_MODES}, got {interpolation!r}")
    if max_size is not None and (len(sizes) == 2 or max_size <= sizes[0]):
        raise ValueError(f"max_size must be above size={size!r}, which must be one number, got {max_size}")
