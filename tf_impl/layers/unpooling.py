"""Maximum unpooling, channels last, with PyTorch's arguments."""

import math

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.layers._twin import Twin, check_range, spread
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _MaxUnpool(Twin):
    def __init__(self, rank, kernel_size, stride, padding, **kwargs) -> None:
        super().__init__(**kwargs)
        self.kernel_size = spread(kernel_size, rank, "kernel_size", least=1)
        self.stride = self.kernel_size if stride is None else spread(stride, rank, "stride", least=1)
        self._cut = spread(padding, rank, "padding", least=0)
        self.built = True

    def call(
        self, inputs: Float[Tensor, "*n_space c"], indices: Integer[Tensor, "*n_space c"], output_size: tuple[int, ...] | None = None
    ) -> Float[Tensor, "*n_out c"]:
        rank, axes = len(self.kernel_size), len(inputs.shape)
        name = type(self).__name__
        if axes not in (rank + 1, rank + 2) or tuple(indices.shape) != tuple(inputs.shape):
            raise ValueError(f"{name} expects {rank + 2} or {rank + 1} axes, and as many indices, got shapes {tuple(inputs.shape)} and {tuple(indices.shape)}")
        space, channels = self._size(inputs.shape[-rank - 1 : -1], output_size), inputs.shape[-1]
        check_range(indices, math.prod(space), name)
        batch = ops.shape(inputs)[0] if axes == rank + 2 else 1
        flat = ops.cast(ops.reshape(indices, (batch, -1, channels)), "int64")
        image = ops.reshape(ops.arange(batch, dtype="int64"), (-1, 1, 1)) * math.prod(space)
        places = (flat + image) * channels + ops.arange(channels, dtype="int64")
        empty = ops.zeros((batch * math.prod(space) * channels,), inputs.dtype)
        outputs = ops.scatter_update(empty, ops.reshape(places, (-1, 1)), ops.reshape(inputs, (-1,)))  # overlapping windows hold the same value: write, not add
        return ops.reshape(outputs, (*((batch,) if axes == rank + 2 else ()), *space, channels))

    def _size(self, space: tuple[int | None, ...], output_size: tuple[int, ...] | None) -> tuple[int, ...]:
        if None in space:
            raise ValueError(f"{type(self).__name__} needs to know the input's size, got {space}: give the Input a shape")
        sizes = tuple((n - 1) * s + k - 2 * p for n, s, k, p in zip(space, self.stride, self.kernel_size, self._cut, strict=True))
        if output_size is None:
            return sizes
        wanted = tuple(output_size)
        if len(wanted) != len(sizes) or any(abs(want - size) >= s for want, size, s in zip(wanted, sizes, self.stride, strict=True)):
            raise ValueError(f"output_size must name the spatial axes and lie less than a stride {self.stride} from {sizes}, got {output_size}")
        return wanted


@_register
class MaxUnpool1d(_MaxUnpool):
    """Puts the maxima of `MaxPool1d` back; see `MaxUnpool2d`.

    Shapes:
        input and indices (N, L, C) or (L, C), output (N, L_out, C).

    Differs from PyTorch: as `MaxUnpool2d`.

    Source: Zeiler and Fergus 2014, arXiv:1311.2901.
    """

    def __init__(self, kernel_size: int | tuple[int], stride: int | tuple[int] | None = None, padding: int | tuple[int] = 0, **kwargs) -> None:
        super().__init__(1, kernel_size, stride, padding, **kwargs)


@_register
class MaxUnpool2d(_MaxUnpool):
    r"""Puts the maxima of `MaxPool2d` back where they were; everything else is zero.

    $$ y_{n, \text{indices}_{n,i,j,c}, c} = x_{n,i,j,c} $$

    Args:
        kernel_size: the window of the pooling, one number or one for each spatial axis; so for the following two.
        stride: its stride, the window's size where not given.
        padding: its padding.

    Called with `output_size` (spatial axes), where the pooling dropped a rest.

    Shapes:
        input and indices (N, H, W, C) or (H, W, C), output (N, H_out, W_out, C); an index counts the places of the flattened H_out·W_out.

    Raises:
        ValueError: indices of another shape or outside the output, or an output size that cannot have been pooled to the input's.

    Differs from PyTorch:
        Keras has no such layer. TensorFlow's `max_pool_with_argmax` counts (h·W + w)·C + c, where PyTorch counts h·W + w.
        An index outside the output raises in PyTorch, and here outside compiled functions; in one, TensorFlow raises on the CPU and drops the value on a GPU.

    Source: Zeiler and Fergus 2014, arXiv:1311.2901; Badrinarayanan et al. 2015, arXiv:1511.00561 (SegNet); the notes, "MaxUnpool2d".
    """

    def __init__(self, kernel_size: int | tuple[int, int], stride: int | tuple[int, int] | None = None, padding: int | tuple[int, int] = 0, **kwargs) -> None:
        super().__init__(2, kernel_size, stride, padding, **kwargs)


@_register
class MaxUnpool3d(_MaxUnpool):
    """Puts the maxima of `MaxPool3d` back; see `MaxUnpool2d`.

    Shapes:
        input and indices (N, D, H, W, C) or (D, H, W, C), output (N, D_out, H_out, W_out, C).

    Differs from PyTorch: as `MaxUnpool2d`.

    Source: Zeiler and Fergus 2014, arXiv:1311.2901.
    """

    def __init__(self, kernel_size: int | tuple[int, int, int], stride: int | tuple[int, int, int] | None = None, padding: int | tuple[int, int, int] = 0,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(3, kernel_size, stride, padding, **kwargs)
