"""Pooling to a given size, channels last, with PyTorch's windows."""

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.layers._twin import Twin, batched
from tf_impl.layers._windows import adaptive_windows, take_windows, window_means
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _Adaptive(Twin):
    def __init__(self, rank: int, output_size: int | tuple[int | None, ...] | None, **kwargs) -> None:
        sizes = tuple(output_size) if isinstance(output_size, (tuple, list)) else (output_size,) * rank
        if len(sizes) != rank or any(size is not None and (not isinstance(size, int) or size < 1) for size in sizes):
            raise ValueError(f"output_size must be a positive integer, None (as the input), or {rank} of them, got {output_size!r}")
        super().__init__(**kwargs)
        self.output_size = sizes
        self.built = True

    def call(self, inputs: Float[Tensor, "*n_space c"]) -> Float[Tensor, "*n_out c"] | tuple[Float[Tensor, "*n_out c"], Integer[Tensor, "*n_out c"]]:
        return batched(self._on_batch, inputs, len(self.output_size), type(self).__name__)

    def _sizes(self, x: Tensor) -> list[tuple[int, int]]:
        if None in x.shape[1:-1]:
            raise ValueError(f"{type(self).__name__} needs to know the input's size, got {tuple(x.shape)}: give the Input a shape")
        return [(n, n if size is None else size) for n, size in zip(x.shape[1:-1], self.output_size, strict=True)]


class _AdaptiveAvg(_Adaptive):
    def _on_batch(self, x: Tensor) -> Tensor:
        for axis, (n, size) in enumerate(self._sizes(x), start=1):  # the mean of a box is the mean of its rows' means
            x = window_means(x, axis, n, size)
        return x


class _AdaptiveMax(_Adaptive):
    def __init__(self, rank: int, output_size: int | tuple[int | None, ...] | None, return_indices: bool, **kwargs) -> None:
        super().__init__(rank, output_size, **kwargs)
        self.return_indices = return_indices

    def _on_batch(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        where, after_axes = None, 1
        for axis, (n, size) in reversed(list(enumerate(self._sizes(x), start=1))):  # the last axis first, so that the first of equal ones wins in row order
            places, _ = adaptive_windows(n, size)
            candidates = take_windows(x, axis, places)
            best = ops.argmax(candidates, axis=axis + 1, keepdims=True)
            x = ops.squeeze(ops.take_along_axis(candidates, best, axis=axis + 1), axis + 1)
            if self.return_indices:
                start = ops.cast(places[:, 0].reshape((-1,) + (1,) * (len(x.shape) - 1 - axis)), best.dtype)
                latest = (ops.squeeze(best, axis + 1) + start) * after_axes
                if where is not None:
                    latest = latest + ops.squeeze(ops.take_along_axis(take_windows(where, axis, places), best, axis=axis + 1), axis + 1)
                where, after_axes = latest, after_axes * n
        return (x, ops.cast(where, "int64")) if self.return_indices else x


@_register
class AdaptiveAvgPool1d(_AdaptiveAvg):
    """The means of `output_size` windows over a signal; see `AdaptiveAvgPool2d`.

    Shapes:
        input (N, L, C) or (L, C), output (N, output_size, C).

    Differs from PyTorch: as `AdaptiveAvgPool2d`.

    Source: PyTorch's documentation, "AdaptiveAvgPool1d".
    """

    def __init__(self, output_size: int | tuple[int], **kwargs) -> None:
        super().__init__(1, output_size, **kwargs)


@_register
class AdaptiveAvgPool2d(_AdaptiveAvg):
    r"""The means of windows that are laid so that `output_size` of them cover the input; size 1 is the global average.

    $$ y_i = \operatorname{mean} x_{\lfloor i n / m \rfloor \;\dots\; \lceil (i + 1) n / m \rceil - 1} $$

    Args:
        output_size: m, or one for each spatial axis; None: as the input.

    Shapes:
        input (N, H, W, C) or (H, W, C), output (N, *output_size, C).

    Raises:
        ValueError: an output size that is none, or an input whose size is unknown until run time.

    Differs from PyTorch:
        Keras' `GlobalAveragePooling2D` drops the axes of size 1; an average pool with stride n // m has other windows than these.

    Source: He et al. 2014, arXiv:1406.4729 (pyramid pooling); PyTorch's documentation.
    """

    def __init__(self, output_size: int | tuple[int | None, int | None] | None, **kwargs) -> None:
        super().__init__(2, output_size, **kwargs)


@_register
class AdaptiveAvgPool3d(_AdaptiveAvg):
    """The means of windows over a volume; see `AdaptiveAvgPool2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output (N, *output_size, C).

    Differs from PyTorch: as `AdaptiveAvgPool2d`.

    Source: PyTorch's documentation, "AdaptiveAvgPool3d".
    """

    def __init__(self, output_size: int | tuple[int | None, int | None, int | None] | None, **kwargs) -> None:
        super().__init__(3, output_size, **kwargs)


@_register
class AdaptiveMaxPool1d(_AdaptiveMax):
    """The largest values of `output_size` windows over a signal; windows as in `AdaptiveAvgPool2d`.

    Shapes:
        input (N, L, C) or (L, C), output (N, output_size, C), indices the same.

    Differs from PyTorch: as `AdaptiveAvgPool2d`.

    Source: PyTorch's documentation, "AdaptiveMaxPool1d".
    """

    def __init__(self, output_size: int | tuple[int], return_indices: bool = False, **kwargs) -> None:
        super().__init__(1, output_size, return_indices, **kwargs)


@_register
class AdaptiveMaxPool2d(_AdaptiveMax):
    """The largest values of windows over an image; windows as in `AdaptiveAvgPool2d`.

    Args:
        output_size: one number, or one for each spatial axis; None: as the input.
        return_indices: also return where they lie in the flattened H·W.

    Shapes:
        input (N, H, W, C) or (H, W, C), output (N, *output_size, C), indices the same.

    Differs from PyTorch: as `AdaptiveAvgPool2d`.

    Source: PyTorch's documentation, "AdaptiveMaxPool2d".
    """

    def __init__(self, output_size: int | tuple[int | None, int | None] | None, return_indices: bool = False, **kwargs) -> None:
        super().__init__(2, output_size, return_indices, **kwargs)


@_register
class AdaptiveMaxPool3d(_AdaptiveMax):
    """The largest values of windows over a volume; windows as in `AdaptiveAvgPool2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output (N, *output_size, C), indices the same.

    Differs from PyTorch: as `AdaptiveAvgPool2d`.

    Source: PyTorch's documentation, "AdaptiveMaxPool3d".
    """

    def __init__(self, output_size: int | tuple[int | None, int | None, int | None] | None, return_indices: bool = False, **kwargs) -> None:
        super().__init__(3, output_size, return_indices, **kwargs)
