"""Resizing of signals, images and volumes, channels last, by PyTorch's coordinates."""

import math

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.layers._windows import take_windows, window_means
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")

_AXES = {"nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,), "trilinear": (3,)}


@_register
class Upsample(Twin):
    r"""Resizes to a size or by a factor, also to something smaller.

    $$ x_\text{source} = \frac{n}{m}\Bigl(i + \tfrac12\Bigr) - \tfrac12 \qquad \text{align\_corners: } x_\text{source} = \frac{n - 1}{m - 1}\, i $$

    Args:
        size: size of the spatial axes, one number or one each; or
        scale_factor: factor, one number or one each; the size is rounded down.
        mode: "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear" or "area".
        align_corners: whether the corners' centres stay where they are; only for the linear and cubic modes.
        recompute_scale_factor: compute coordinates from the sizes, not from `scale_factor`.

    Shapes:
        input (N, *space, C), output (N, *size, C).

    Raises:
        ValueError: both or none of size and scale_factor, a mode that does not suit the axes, an input whose size is unknown until run time.

    Differs from PyTorch:
        Keras' UpSampling takes whole factors only, has no `align_corners=True` (0.19 off on values in [0, 1]), and nearest only for signals and volumes.
        TensorFlow's nearest is PyTorch's "nearest-exact", not its "nearest"; its bicubic has a = −0.5, PyTorch −0.75 (0.05 off);
        it ignores the factor in the coordinates: 1.6 of 7 pixels is 11 of 7 there (0.09 off), here too with `recompute_scale_factor`.

    Source: Keys 1981 for the cubic kernel; the notes, "upsampling"; PyTorch's documentation.
    """

    def __init__(self, size: int | tuple[int, ...] | None = None, scale_factor: float | tuple[float, ...] | None = None, mode: str = "nearest",
                 align_corners: bool | None = None, recompute_scale_factor: bool | None = None, **kwargs) -> None:  # fmt: skip
        if (size is None) == (scale_factor is None):
            raise ValueError(f"exactly one of size and scale_factor must be given, got size={size} and scale_factor={scale_factor}")
        if mode not in _AXES:
            raise ValueError(f"mode must be one of {tuple(_AXES)}, got {mode!r}")
        if align_corners is not None and mode in ("nearest", "nearest-exact", "area"):
            raise ValueError(f"align_corners can only be set with the linear and cubic modes, got mode={mode!r}")
        if recompute_scale_factor and size is not None:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size")
        super().__init__(**kwargs)
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode
        self.align_corners = bool(align_corners)
        self.recompute_scale_factor = recompute_scale_factor or mode == "area"
        self.built = True

    def call(self, inputs: Float[Tensor, "n *space c"]) -> Float[Tensor, "n *space2 c"]:
        rank = len(inputs.shape) - 2
        if rank not in _AXES[self.mode]:
            raise ValueError(f"mode {self.mode!r} is for {' or '.join(map(str, _AXES[self.mode]))} spatial axes, got an input of shape {tuple(inputs.shape)}")
        if None in inputs.shape[1:-1]:
            raise ValueError(f"Upsample needs to know the input's size, got {tuple(inputs.shape)}: give the Input a shape")
        sizes, factors = (value if isinstance(value, (tuple, list)) else (value,) * rank for value in (self.size, self.scale_factor))
        if len(sizes) != rank or len(factors) != rank:
            raise ValueError(f"size or scale_factor must be one number or {rank}, got {self.size if self.size is not None else self.scale_factor}")
        x = inputs
        for axis, (n, size, factor) in enumerate(zip(inputs.shape[1:-1], sizes, factors, strict=True), start=1):
            wanted = size if factor is None else math.floor(n * factor)
            if wanted < 1:
                raise ValueError(f"Upsample: nothing is left of {tuple(inputs.shape)} with size={self.size}, scale_factor={self.scale_factor}")
            x = self._resize(x, axis, n, wanted, None if self.recompute_scale_factor else factor)
        return x

    def _resize(self, x: Tensor, axis: int, n: int, wanted: int, factor: float | None) -> Tensor:
        if self.mode == "area":
            return window_means(x, axis, n, wanted)
        step = n / wanted if factor is None else 1 / factor
        if self.mode.startswith("nearest"):
            places = np.arange(wanted, dtype=np.float32) + np.float32(0.5 if self.mode == "nearest-exact" else 0.0)
            nearest = np.floor(places * np.float32(step)).astype(int)  # PyTorch rounds these coordinates to float32, whatever the input
            return ops.take(x, np.minimum(nearest, n - 1), axis=axis)
        source = np.arange(wanted) * ((n - 1) / (wanted - 1) if wanted > 1 else 0.0) if self.align_corners else (np.arange(wanted) + 0.5) * step - 0.5
        places, weights = _cubic(source, n) if self.mode == "bicubic" else _linear(source, n)
        tail = (1,) * (len(x.shape) - axis - 1)
        return ops.sum(take_windows(x, axis, places) * ops.convert_to_tensor(weights.reshape(*weights.shape, *tail), x.dtype), axis=axis + 1)


def _linear(source: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    source = np.maximum(source, 0.0)
    left = np.minimum(source.astype(int), n - 1)
    share = np.clip(source - left, 0.0, 1.0)
    return np.stack([left, np.minimum(left + 1, n - 1)], axis=1), np.stack([1 - share, share], axis=1)


def _cubic(source: np.ndarray, n: int, a: float = -0.75) -> tuple[np.ndarray, np.ndarray]:
    left = np.floor(source).astype(int)
    places = left[:, None] + np.arange(-1, 3)
    distance = np.abs(source[:, None] - places)
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((distance - 5) * distance + 8) * distance * a - 4 * a
    return np.clip(places, 0, n - 1), np.where(distance <= 1, near, far)


@_register
class UpsamplingNearest2d(Upsample):
    """`Upsample` of images in mode "nearest".

    Shapes:
        input (N, H, W, C), output (N, *size, C).

    Differs from PyTorch: as `Upsample`.

    Source: PyTorch's documentation.
    """

    def __init__(self, size: int | tuple[int, int] | None = None, scale_factor: float | tuple[float, float] | None = None, **kwargs) -> None:
        super().__init__(size, scale_factor, mode="nearest", **kwargs)


@_register
class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images in mode "bilinear" with aligned corners.

    Shapes:
        input (N, H, W, C), output (N, *size, C).

    Differs from PyTorch: as `Upsample`; Keras' `UpSampling2D(interpolation="bilinear")` does not align corners.

    Source: PyTorch's documentation.
    """

    def __init__(self, size: int | tuple[int, int] | None = None, scale_factor: float | tuple[float, float] | None = None, **kwargs) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True, **kwargs)
