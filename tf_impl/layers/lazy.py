"""Layers whose number of input channels or features is left out: the first call tells it. PyTorch's arguments, channels last."""

import math

import keras

from tf_impl.layers._twin import Twin, initial_weights
from tf_impl.layers.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from tf_impl.layers.conv import Conv1d, Conv2d, Conv3d
from tf_impl.layers.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from tf_impl.layers.instance_norm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from tf_impl.layers.linear import Linear

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _Lazy(Twin):
    """The layer of which it is the lazy one, constructed with size 0 as in PyTorch, and without variables until Keras builds it for an input."""

    _missing: str  # PyTorch's word for the size that the first call tells

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(0, *args, **kwargs)
        self.built = False
        self._tracker.unlock()  # Keras locks a layer's attributes when it is built

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if not hasattr(self, "_leading"):  # the constructor's own call
            self._leading = tuple(input_shape[:-1])
            return
        name = f"{type(self).__name__}: the input's last axis is {self._missing} and must be"
        if not input_shape or input_shape[-1] is None:
            raise ValueError(f"{name} known when the layer is first called, got an input of shape {tuple(input_shape)}")
        size = input_shape[-1]
        if size % getattr(self, "groups", 1):
            raise ValueError(f"{name} divisible by groups={self.groups}, got an input of shape {tuple(input_shape)}")
        setattr(self, self._missing, size)
        self._initialize(size)
        super().build((*self._leading, size))
        self.input_spec = None  # Keras' asks for a batch axis

    def _initialize(self, size: int) -> None:
        """Chooses the initial weights, where they depend on the size."""

    def _scale_initializers(self, fan_in: int) -> None:
        for name, initializer in initial_weights(fan_in).items():
            if name not in self._words:
                setattr(self, name, initializer)


@_register
class LazyLinear(_Lazy, Linear):
    r"""`Linear` whose `in_features` is the last axis of the first input.

    $$ y = x W^\top + b $$

    Args:
        out_features: size of the output's last axis.
        bias: add b.

    Shapes:
        input (…, in_features), output (…, out_features).

    Raises:
        ValueError: the size of the first input's last axis is not known, or a later input has another.

    Differs from PyTorch:
        Before the first call there are no variables; PyTorch has parameters without a shape, which an optimizer may be given already.
        PyTorch turns the object into a `Linear` at the first call; here it stays a `LazyLinear`, and a saved model remembers the size.
        Keras' `Dense` is lazy from the start: its only argument is `units`.

    Source: PyTorch's `torch.nn.modules.lazy`.
    """

    _missing = "in_features"

    def __init__(self, out_features: int, bias: bool = True, **kwargs) -> None:
        super().__init__(out_features, bias, **kwargs)

    def _initialize(self, size: int) -> None:
        self._scale_initializers(size)


class _LazyConv(_Lazy):
    _missing = "in_channels"

    def __init__(self, out_channels: int, kernel_size: int | tuple[int, ...], stride: int | tuple[int, ...] = 1, padding: str | int | tuple[int, ...] = 0,
                 dilation: int | tuple[int, ...] = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", **kwargs) -> None:  # fmt: skip
        super().__init__(out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, **kwargs)

    def _initialize(self, size: int) -> None:
        self._scale_initializers(math.prod(self.kernel_size) * size // self.groups)


@_register
class LazyConv1d(_LazyConv, Conv1d):
    """`Conv1d` whose `in_channels` is the last axis of the first input.

    Shapes:
        input (N, L, C_in) or (L, C_in), output (N, L_out, C_out).

    Differs from PyTorch: as `LazyLinear` and `Conv1d`.
    """


@_register
class LazyConv2d(_LazyConv, Conv2d):
    """`Conv2d` whose `in_channels` is the last axis of the first input.

    Shapes:
        input (N, H, W, C_in) or (H, W, C_in), output (N, H_out, W_out, C_out).

    Differs from PyTorch: as `LazyLinear` and `Conv2d`.
    """


@_register
class LazyConv3d(_LazyConv, Conv3d):
    """`Conv3d` whose `in_channels` is the last axis of the first input.

    Shapes:
        input (N, D, H, W, C_in) or (D, H, W, C_in), output (N, D_out, H_out, W_out, C_out).

    Differs from PyTorch: as `LazyLinear` and `Conv3d`.
    """


class _LazyConvTranspose(_Lazy):
    _missing = "in_channels"

    def __init__(self, out_channels: int, kernel_size: int | tuple[int, ...], stride: int | tuple[int, ...] = 1, padding: int | tuple[int, ...] = 0,
                 output_padding: int | tuple[int, ...] = 0, groups: int = 1, bias: bool = True, dilation: int | tuple[int, ...] = 1,
                 padding_mode: str = "zeros", **kwargs) -> None:  # fmt: skip
        super().__init__(out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, **kwargs)


@_register
class LazyConvTranspose1d(_LazyConvTranspose, ConvTranspose1d):
    """`ConvTranspose1d` whose `in_channels` is the last axis of the first input.

    Shapes:
        input (N, L, C_in) or (L, C_in), output (N, L_out, C_out).

    Differs from PyTorch: as `LazyLinear` and `ConvTranspose1d`.
    """


@_register
class LazyConvTranspose2d(_LazyConvTranspose, ConvTranspose2d):
    """`ConvTranspose2d` whose `in_channels` is the last axis of the first input.

    Shapes:
        input (N, H, W, C_in) or (H, W, C_in), output (N, H_out, W_out, C_out).

    Differs from PyTorch: as `LazyLinear` and `ConvTranspose2d`.
    """


@_register
class LazyConvTranspose3d(_LazyConvTranspose, ConvTranspose3d):
    """`ConvTranspose3d` whose `in_channels` is the last axis of the first input.

    Shapes:
        input (N, D, H, W, C_in) or (D, H, W, C_in), output (N, D_out, H_out, W_out, C_out).

    Differs from PyTorch: as `LazyLinear` and `ConvTranspose3d`.
    """


class _LazyNorm(_Lazy):
    _missing = "num_features"

    def __init__(self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True, *, bias: bool = True,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(eps, momentum, affine, track_running_stats, bias=bias, **kwargs)


@_register
class LazyBatchNorm1d(_LazyNorm, BatchNorm1d):
    """`BatchNorm1d` whose `num_features` is the last axis of the first input.

    Shapes:
        input and output (N, C) or (N, L, C).

    Differs from PyTorch: as `LazyLinear` and `BatchNorm1d`.
    """


@_register
class LazyBatchNorm2d(_LazyNorm, BatchNorm2d):
    """`BatchNorm2d` whose `num_features` is the last axis of the first input.

    Shapes:
        input and output (N, H, W, C).

    Differs from PyTorch: as `LazyLinear` and `BatchNorm2d`.
    """


@_register
class LazyBatchNorm3d(_LazyNorm, BatchNorm3d):
    """`BatchNorm3d` whose `num_features` is the last axis of the first input.

    Shapes:
        input and output (N, D, H, W, C).

    Differs from PyTorch: as `LazyLinear` and `BatchNorm3d`.
    """


@_register
class LazyInstanceNorm1d(_LazyNorm, InstanceNorm1d):
    """`InstanceNorm1d` whose `num_features` is the last axis of the first input; `affine` and `track_running_stats` as in `LazyInstanceNorm2d`.

    Shapes:
        input and output (N, L, C) or (L, C).

    Differs from PyTorch: as `LazyInstanceNorm2d`.
    """


@_register
class LazyInstanceNorm2d(_LazyNorm, InstanceNorm2d):
    """`InstanceNorm2d` whose `num_features` is the last axis of the first input.

    As in PyTorch, and against its documentation, `affine` and `track_running_stats` are True unless said otherwise; `InstanceNorm2d` has False.

    Shapes:
        input and output (N, H, W, C) or (H, W, C).

    Differs from PyTorch:
        As `LazyLinear` and `InstanceNorm2d`. PyTorch takes axis 1 also of a first input without a batch axis, (C, H, W): that is H, and unless H = C
        it then refuses the input.
    """


@_register
class LazyInstanceNorm3d(_LazyNorm, InstanceNorm3d):
    """`InstanceNorm3d` whose `num_features` is the last axis of the first input; `affine` and `track_running_stats` as in `LazyInstanceNorm2d`.

    Shapes:
        input and output (N, D, H, W, C) or (D, H, W, C).

    Differs from PyTorch: as `LazyInstanceNorm2d`.
    """
