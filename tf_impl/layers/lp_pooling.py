"""Power-average pooling, channels last, with PyTorch's arguments."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._space import pad_space
from tf_impl.layers._twin import Twin, batched
from tf_impl.layers._windows import Windows, average, pool
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _LPPool(Twin):
    def __init__(self, rank, norm_type, kernel_size, stride, ceil_mode, **kwargs) -> None:
        super().__init__(**kwargs)
        self.norm_type = norm_type
        self.windows = Windows(rank, kernel_size, stride, ceil_mode=ceil_mode)
        self.built = True

    def call(self, inputs: Float[Tensor, "*n_space c"]) -> Float[Tensor, "*n_out c"]:
        return batched(self._on_batch, inputs, len(self.windows.size), type(self).__name__)

    def _on_batch(self, x: Tensor) -> Tensor:
        if math.isinf(self.norm_type):
            sign = math.copysign(1.0, self.norm_type)
            padded = pad_space(sign * ops.abs(x), self.windows.pads(x.shape[1:-1]), value=float("-inf"))
            return sign * pool(ops.max_pool, padded, self.windows)
        powers = ops.power(x, ops.convert_to_tensor(self.norm_type, x.dtype))
        sums = average(powers, self.windows) * math.prod(self.windows.size)
        return ops.power(sums, ops.convert_to_tensor(1 / self.norm_type, x.dtype))


@_register
class LPPool1d(_LPPool):
    """Power-average pooling of signals; see `LPPool2d`.

    Shapes:
        input (N, L, C) or (L, C), output (N, L_out, C).

    Differs from PyTorch: as `LPPool2d`.

    Source: PyTorch's documentation, "LPPool1d".
    """

    def __init__(self, norm_type: float, kernel_size: int | tuple[int], stride: int | tuple[int] | None = None, ceil_mode: bool = False, **kwargs) -> None:
        super().__init__(1, norm_type, kernel_size, stride, ceil_mode, **kwargs)


@_register
class LPPool2d(_LPPool):
    r"""The p-norm of each window: p = 1 is its sum, p = ∞ its maximum.

    $$ y = \Bigl( \sum_{\text{window}} x^p \Bigr)^{1/p} $$

    Args:
        norm_type: p. No absolute value is taken: an odd p of negative values gives NaN, on both sides.
        kernel_size: the window, one number or one for each spatial axis; so for stride.
        stride: the window's size where not given.
        ceil_mode: let the last window hang over the end instead of dropping it; its sum is scaled to a full window.

    Shapes:
        input (N, H, W, C) or (H, W, C), output (N, H_out, W_out, C).

    Raises:
        ValueError: the window exceeds the input.

    Differs from PyTorch:
        Keras has no such layer. Where all values of a window are 0, the gradient is NaN for p > 1, on both sides.

    Source: Gulcehre et al. 2014, arXiv:1311.1780; PyTorch's documentation.
    """

    def __init__(self, norm_type: float, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] | None = None, ceil_mode: bool = False,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(2, norm_type, kernel_size, stride, ceil_mode, **kwargs)


@_register
class LPPool3d(_LPPool):
    """Power-average pooling of volumes; see `LPPool2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output (N, D_out, H_out, W_out, C).

    Differs from PyTorch: as `LPPool2d`.

    Source: PyTorch's documentation, "LPPool3d".
    """

    def __init__(self, norm_type: float, kernel_size: int | tuple[int, int, int], stride: int | tuple[int, int, int] | None = None, ceil_mode: bool = False,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(3, norm_type, kernel_size, stride, ceil_mode, **kwargs)
