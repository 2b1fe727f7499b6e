"""Padding of signals, images and volumes, channels last, with PyTorch's arguments: the last spatial axis comes first."""

import keras
from jaxtyping import Shaped

from tf_impl.layers._space import crop_or_pad
from tf_impl.layers._twin import Twin, batched
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _Pad(Twin):
    _mode = "zeros"

    def __init__(self, rank: int, padding: int | tuple[int, ...], value: float = 0.0, **kwargs) -> None:
        numbers = (padding,) * (2 * rank) if isinstance(padding, int) else tuple(padding)
        if len(numbers) != 2 * rank or any(not isinstance(number, int) for number in numbers):
            raise ValueError(f"padding must be an integer or {2 * rank} of them, (before, after) of the last spatial axis first, got {padding!r}")
        super().__init__(**kwargs)
        self._pads = list(zip(numbers[::2], numbers[1::2], strict=True))[::-1]
        self.value = value
        self.built = True

    def call(self, inputs: Shaped[Tensor, "*n_space c"]) -> Shaped[Tensor, "*n_out c"]:
        return batched(lambda x: crop_or_pad(x, self._pads, self._mode, self.value), inputs, len(self._pads), type(self).__name__)


@_register
class ZeroPad1d(_Pad):
    """Puts zeros around a signal; see `ZeroPad2d`.

    Shapes:
        input (N, L, C) or (L, C), output the same with longer axes.

    Differs from PyTorch: as `ZeroPad2d`.

    Source: PyTorch's documentation.
    """

    def __init__(self, padding: int | tuple[int, int], **kwargs) -> None:
        super().__init__(1, padding, **kwargs)


@_register
class ZeroPad2d(_Pad):
    """Puts zeros around an image.

    Args:
        padding: one number for all sides, or (left, right, top, bottom); negative ones cut off.

    Shapes:
        input (N, H, W, C) or (H, W, C), output the same with longer axes.

    Raises:
        ValueError: not 1 or 4 numbers, or an input with other axes.

    Differs from PyTorch:
        `keras.layers.ZeroPadding2D` takes ((top, bottom), (left, right)), the first axis first, and no negative numbers.

    Source: the notes, "Pad"; PyTorch's documentation.
    """

    def __init__(self, padding: int | tuple[int, int, int, int], **kwargs) -> None:
        super().__init__(2, padding, **kwargs)


@_register
class ZeroPad3d(_Pad):
    """Puts zeros around a volume; see `ZeroPad2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output the same with longer axes.

    Differs from PyTorch: as `ZeroPad2d`.

    Source: PyTorch's documentation.
    """

    def __init__(self, padding: int | tuple[int, int, int, int, int, int], **kwargs) -> None:
        super().__init__(3, padding, **kwargs)


@_register
class ConstantPad1d(_Pad):
    """Puts a constant around a signal; see `ConstantPad2d`.

    Shapes:
        input (N, L, C) or (L, C), output the same with longer axes.

    Differs from PyTorch: as `ConstantPad2d`.

    Source: PyTorch's documentation.
    """

    def __init__(self, padding: int | tuple[int, int], value: float, **kwargs) -> None:
        super().__init__(1, padding, value, **kwargs)


@_register
class ConstantPad2d(_Pad):
    """Puts a constant around an image.

    Args:
        padding: as in `ZeroPad2d`.
        value: the constant.

    Shapes:
        input (N, H, W, C) or (H, W, C), output the same with longer axes.

    Differs from PyTorch: as `ZeroPad2d`; Keras has no layer for it.

    Source: PyTorch's documentation.
    """

    def __init__(self, padding: int | tuple[int, int, int, int], value: float, **kwargs) -> None:
        super().__init__(2, padding, value, **kwargs)


@_register
class ConstantPad3d(_Pad):
    """Puts a constant around a volume; see `ConstantPad2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output the same with longer axes.

    Differs from PyTorch: as `ConstantPad2d`.

    Source: PyTorch's documentation.
    """

    def __init__(self, padding: int | tuple[int, int, int, int, int, int], value: float, **kwargs) -> None:
        super().__init__(3, padding, value, **kwargs)


@_register
class ReflectionPad1d(_Pad):
    """Puts the mirror image; the edge is not repeated around a signal; see `ReflectionPad2d`.

    Shapes:
        input (N, L, C) or (L, C), output the same with longer axes.

    Differs from PyTorch: as `ReflectionPad2d`.

    Source: PyTorch's documentation.
    """

    _mode = "reflect"

    def __init__(self, padding: int | tuple[int, int], **kwargs) -> None:
        super().__init__(1, padding, **kwargs)


@_register
class ReflectionPad2d(_Pad):
    """Puts the mirror image; the edge is not repeated around an image.

    Args:
        padding: as in `ZeroPad2d`, each less than the axis.

    Shapes:
        input (N, H, W, C) or (H, W, C), output the same with longer axes.

    Raises:
        ValueError: padding that is not less than the axis.

    Differs from PyTorch:
        TensorFlow's REFLECT is the same, its SYMMETRIC repeats the edge. Keras has no layer for it.

    Source: PyTorch's documentation.
    """

    _mode = "reflect"

    def __init__(self, padding: int | tuple[int, int, int, int], **kwargs) -> None:
        super().__init__(2, padding, **kwargs)


@_register
class ReflectionPad3d(_Pad):
    """Puts the mirror image; the edge is not repeated around a volume; see `ReflectionPad2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output the same with longer axes.

    Differs from PyTorch: as `ReflectionPad2d`.

    Source: PyTorch's documentation.
    """

    _mode = "reflect"

    def __init__(self, padding: int | tuple[int, int, int, int, int, int], **kwargs) -> None:
        super().__init__(3, padding, **kwargs)


@_register
class ReplicationPad1d(_Pad):
    """Puts copies of the edge around a signal; see `ReplicationPad2d`.

    Shapes:
        input (N, L, C) or (L, C), output the same with longer axes.

    Differs from PyTorch: as `ReplicationPad2d`.

    Source: PyTorch's documentation.
    """

    _mode = "replicate"

    def __init__(self, padding: int | tuple[int, int], **kwargs) -> None:
        super().__init__(1, padding, **kwargs)


@_register
class ReplicationPad2d(_Pad):
    """Puts copies of the edge around an image.

    Args:
        padding: as in `ZeroPad2d`.

    Shapes:
        input (N, H, W, C) or (H, W, C), output the same with longer axes.

    Differs from PyTorch:
        TensorFlow has no such mode (SYMMETRIC agrees in the first place only): `ops.pad(mode="edge")` raises there.

    Source: PyTorch's documentation.
    """

    _mode = "replicate"

    def __init__(self, padding: int | tuple[int, int, int, int], **kwargs) -> None:
        super().__init__(2, padding, **kwargs)


@_register
class ReplicationPad3d(_Pad):
    """Puts copies of the edge around a volume; see `ReplicationPad2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output the same with longer axes.

    Differs from PyTorch: as `ReplicationPad2d`.

    Source: PyTorch's documentation.
    """

    _mode = "replicate"

    def __init__(self, padding: int | tuple[int, int, int, int, int, int], **kwargs) -> None:
        super().__init__(3, padding, **kwargs)


@_register
class CircularPad1d(_Pad):
    """Puts what lies at the other end around a signal; see `CircularPad2d`.

    Shapes:
        input (N, L, C) or (L, C), output the same with longer axes.

    Differs from PyTorch: as `CircularPad2d`.

    Source: PyTorch's documentation.
    """

    _mode = "circular"

    def __init__(self, padding: int | tuple[int, int], **kwargs) -> None:
        super().__init__(1, padding, **kwargs)


@_register
class CircularPad2d(_Pad):
    """Puts what lies at the other end around an image.

    Args:
        padding: as in `ZeroPad2d`, each at most the axis.

    Shapes:
        input (N, H, W, C) or (H, W, C), output the same with longer axes.

    Raises:
        ValueError: padding beyond the axis.

    Differs from PyTorch:
        TensorFlow has no such mode: `ops.pad(mode="wrap")` raises there.

    Source: PyTorch's documentation.
    """

    _mode = "circular"

    def __init__(self, padding: int | tuple[int, int, int, int], **kwargs) -> None:
        super().__init__(2, padding, **kwargs)


@_register
class CircularPad3d(_Pad):
    """Puts what lies at the other end around a volume; see `CircularPad2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output the same with longer axes.

    Differs from PyTorch: as `CircularPad2d`.

    Source: PyTorch's documentation.
    """

    _mode = "circular"

    def __init__(self, padding: int | tuple[int, int, int, int, int, int], **kwargs) -> None:
        super().__init__(3, padding, **kwargs)
