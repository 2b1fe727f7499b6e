"""Maximum and average pooling of signals, images and volumes, channels last, with PyTorch's arguments."""

import math

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.layers._space import pad_space
from tf_impl.layers._twin import Twin, batched
from tf_impl.layers._windows import Windows, average, largest, pool
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _MaxPool(Twin):
    def __init__(self, rank, kernel_size, stride, padding, dilation, return_indices, ceil_mode, **kwargs) -> None:
        windows = Windows(rank, kernel_size, stride, padding, dilation, ceil_mode)
        super().__init__(windows.size, strides=windows.stride, data_format="channels_last", **kwargs)
        self.input_spec = None  # Keras' asks for a batch axis
        self.return_indices = return_indices
        self.windows = windows

    def call(self, inputs: Float[Tensor, "*n_space c"]) -> Float[Tensor, "*n_out c"] | tuple[Float[Tensor, "*n_out c"], Integer[Tensor, "*n_out c"]]:
        if 0 in inputs.shape[-1 - len(self.pool_size) :]:
            raise ValueError(
                f"{type(self).__name__} takes no maximum of nothing: only the batch axis may be empty, got an input of shape {tuple(inputs.shape)}"
            )
        return batched(self._on_batch, inputs, len(self.pool_size), type(self).__name__)

    def _on_batch(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        if self.return_indices or max(self.windows.dilation) > 1:
            values, indices = largest(x, self.windows)
            return (values, indices) if self.return_indices else values
        return pool(ops.max_pool, pad_space(x, self.windows.pads(x.shape[1:-1]), value=float("-inf")), self.windows)


@_register
class MaxPool1d(_MaxPool, keras.layers.MaxPooling1D):
    """The largest value of each window of a signal; see `MaxPool2d`.

    Shapes:
        input (N, L, C) or (L, C), output (N, L_out, C).

    Differs from PyTorch: as `MaxPool2d`.

    Source: the notes, "MaxPool1d".
    """

    def __init__(self, kernel_size: int | tuple[int], stride: int | tuple[int] | None = None, padding: int | tuple[int] = 0, dilation: int | tuple[int] = 1,
                 return_indices: bool = False, ceil_mode: bool = False, **kwargs) -> None:  # fmt: skip
        super().__init__(1, kernel_size, stride, padding, dilation, return_indices, ceil_mode, **kwargs)


@_register
class MaxPool2d(_MaxPool, keras.layers.MaxPooling2D):
    r"""The largest value of each window.

    $$ y_{n,i,j,c} = \max_{u,v} x_{n,\; s\,i + d\,u - p,\; s\,j + d\,v - p,\; c} $$

    Args:
        kernel_size: the window, one number or one for each spatial axis; so for the following three.
        stride: s, the window's size where not given.
        padding: p places of −∞ on both sides, at most half of the window.
        dilation: d, the step between the window's elements.
        return_indices: also return where the largest values lie in the flattened H·W, for `MaxUnpool2d`.
        ceil_mode: let the last window hang over the end instead of dropping it.

    Shapes:
        input (N, H, W, C) or (H, W, C), output (N, H_out, W_out, C), indices the same.

    Raises:
        ValueError: the padding exceeds half of kernel_size, or the window the padded input.

    Differs from PyTorch:
        Keras pads by "same" only, which may be asymmetric: for 8 pixels, window 3, stride 2 wrong by 2.5; `ZeroPadding2D` before it pads 0 instead of −∞
        (2.2 on negative inputs). TensorFlow's kernel on the CPU skips NaN (3 for [1, NaN, 3]), PyTorch's returns it. Dilation and indices are not in Keras.

    Source: the notes, "MaxPool2d"; Ranzato et al. 2007.
    """

    def __init__(self, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] | None = None, padding: int | tuple[int, int] = 0,
                 dilation: int | tuple[int, int] = 1, return_indices: bool = False, ceil_mode: bool = False, **kwargs) -> None:  # fmt: skip
        super().__init__(2, kernel_size, stride, padding, dilation, return_indices, ceil_mode, **kwargs)


@_register
class MaxPool3d(_MaxPool, keras.layers.MaxPooling3D):
    """The largest value of each window of a volume; see `MaxPool2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output (N, D_out, H_out, W_out, C).

    Differs from PyTorch:
        As `MaxPool2d`; and TensorFlow has no float64 kernel for volumes: here the images are pooled first, then the depth, with the same result.

    Source: the notes, "MaxPool3d".
    """

    def __init__(self, kernel_size: int | tuple[int, int, int], stride: int | tuple[int, int, int] | None = None, padding: int | tuple[int, int, int] = 0,
                 dilation: int | tuple[int, int, int] = 1, return_indices: bool = False, ceil_mode: bool = False, **kwargs) -> None:  # fmt: skip
        super().__init__(3, kernel_size, stride, padding, dilation, return_indices, ceil_mode, **kwargs)


class _AvgPool(Twin):
    def __init__(self, rank, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override=None, **kwargs) -> None:
        windows = Windows(rank, kernel_size, stride, padding, ceil_mode=ceil_mode)
        if divisor_override == 0:
            raise ValueError("divisor_override must not be zero")
        super().__init__(windows.size, strides=windows.stride, data_format="channels_last", **kwargs)
        self.input_spec = None  # Keras' asks for a batch axis
        self.windows = windows
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def call(self, inputs: Float[Tensor, "*n_space c"]) -> Float[Tensor, "*n_out c"]:
        return batched(self._on_batch, inputs, len(self.pool_size), type(self).__name__)

    def _on_batch(self, x: Tensor) -> Tensor:
        if self.divisor_override:
            padded = pad_space(x, self.windows.pads(x.shape[1:-1]))
            return pool(ops.average_pool, padded, self.windows) * (math.prod(self.windows.size) / self.divisor_override)
        return average(x, self.windows, self.count_include_pad)


@_register
class AvgPool1d(_AvgPool, keras.layers.AveragePooling1D):
    """The mean of each window of a signal; see `AvgPool2d`.

    Shapes:
        input (N, L, C) or (L, C), output (N, L_out, C).

    Differs from PyTorch: as `AvgPool2d`.

    Source: the notes, "AvgPool1d".
    """

    def __init__(self, kernel_size: int | tuple[int], stride: int | tuple[int] | None = None, padding: int | tuple[int] = 0, ceil_mode: bool = False,
                 count_include_pad: bool = True, **kwargs) -> None:  # fmt: skip
        super().__init__(1, kernel_size, stride, padding, ceil_mode, count_include_pad, **kwargs)


@_register
class AvgPool2d(_AvgPool, keras.layers.AveragePooling2D):
    r"""The mean of each window.

    $$ y_{n,i,j,c} = \frac{1}{m} \sum_{u,v} x_{n,\; s\,i + u - p,\; s\,j + v - p,\; c} $$

    where m counts the window's places inside the input, with `count_include_pad` also those in the padding; never those beyond it (`ceil_mode`).

    Args:
        kernel_size: the window, one number or one for each spatial axis; so for the following two.
        stride: s, the window's size where not given.
        padding: p zeros on both sides, at most half of the window.
        ceil_mode: let the last window hang over the end instead of dropping it.
        count_include_pad: zeros of the padding count in m.
        divisor_override: m, whatever the window holds.

    Shapes:
        input (N, H, W, C) or (H, W, C), output (N, H_out, W_out, C).

    Raises:
        ValueError: the padding exceeds half of kernel_size, the window the padded input, or a divisor of zero.

    Differs from PyTorch:
        Keras' "same" never counts the padding: the corner of an image of ones is 1.00 there and 0.44 in PyTorch (window 3, padding 1).
        Keras has neither symmetric padding under a stride, nor `ceil_mode`, nor a divisor.

    Source: the notes, "AvgPool2d"; LeCun et al. 1989.
    """

    def __init__(self, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] | None = None, padding: int | tuple[int, int] = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None, **kwargs) -> None:  # fmt: skip
        super().__init__(2, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, **kwargs)


@_register
class AvgPool3d(_AvgPool, keras.layers.AveragePooling3D):
    """The mean of each window of a volume; see `AvgPool2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output (N, D_out, H_out, W_out, C).

    Differs from PyTorch: as `AvgPool2d`; TensorFlow has no float64 kernel for volumes, see `MaxPool3d`.

    Source: the notes, "AvgPool3d".
    """

    def __init__(self, kernel_size: int | tuple[int, int, int], stride: int | tuple[int, int, int] | None = None, padding: int | tuple[int, int, int] = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None, **kwargs) -> None:  # fmt: skip
        super().__init__(3, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override, **kwargs)
