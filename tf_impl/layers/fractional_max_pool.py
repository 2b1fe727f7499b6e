"""Maximum pooling to any size by windows laid at random, channels last, with PyTorch's arguments."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.layers._twin import Twin, batched, spread
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _FractionalMaxPool(Twin):
    _samples: tuple[int, ...]  # which of an example's samples lays the windows of each spatial axis

    def __init__(self, kernel_size, output_size, output_ratio, return_indices, _random_samples, **kwargs) -> None:
        super().__init__(**kwargs)
        rank = len(self._samples)
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"give one of output_size and output_ratio, got {output_size} and {output_ratio}")
        self.kernel_size = spread(kernel_size, rank, "kernel_size", least=1)
        self.output_size = None if output_size is None else spread(output_size, rank, "output_size", least=1)
        self.output_ratio = output_ratio if output_ratio is None or isinstance(output_ratio, Sequence) else (output_ratio,) * rank
        if self.output_ratio is not None and (len(self.output_ratio) != rank or not all(0 < ratio < 1 for ratio in self.output_ratio)):
            raise ValueError(f"output_ratio must lie between 0 and 1, one number or {rank}, got {output_ratio}")
        self.return_indices = return_indices
        self._random_samples, self._seeds = None, None
        if _random_samples is None:
            self._seeds = keras.random.SeedGenerator()
        else:
            samples = ops.convert_to_numpy(_random_samples)
            self._random_samples = self.add_weight(shape=samples.shape, initializer="zeros", trainable=False, name="_random_samples")
            self._random_samples.assign(samples)
        self.built = True

    def get_config(self) -> dict:
        samples = self._random_samples
        return {**super().get_config(), "_random_samples": None if samples is None else ops.convert_to_numpy(samples).tolist()}

    def call(self, inputs: Float[Tensor, "*n_space c"]) -> Float[Tensor, "*n_out c"] | tuple[Float[Tensor, "*n_out c"], Integer[Tensor, "*n_out c"]]:
        return batched(self._on_batch, inputs, len(self.kernel_size), type(self).__name__)

    def _on_batch(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        channels, batch = x.shape[-1], ops.shape(x)[0]
        places, outputs = self._places(x, tuple(x.shape[1:-1]))
        flat = ops.reshape(x, (batch, -1, channels))
        windows = ops.reshape(ops.take_along_axis(flat, ops.reshape(places, (batch, -1, channels)), axis=1), ops.shape(places))
        best = ops.argmax(windows, axis=2, keepdims=True)
        values, indices = (ops.reshape(ops.take_along_axis(of, best, axis=2), (batch, *outputs, channels)) for of in (windows, places))
        return (values, ops.cast(indices, "int64")) if self.return_indices else values

    def _places(self, x: Tensor, space: tuple[int | None, ...]) -> tuple[Tensor, tuple[int, ...]]:
        """Where in the flattened space each window's elements lie, (N, windows, elements, C), row by row; and the number of windows on each axis."""
        if None in space:
            raise ValueError(f"{type(self).__name__} needs to know the input's size, got {space}: give the Input a shape")
        outputs = self.output_size or tuple(int(n * ratio) for n, ratio in zip(space, self.output_ratio, strict=True))
        spare = int(len(space) == 3)  # PyTorch asks for one place more in volumes
        if any(k + o - 1 + spare > n or o < 1 for n, o, k in zip(space, outputs, self.kernel_size, strict=True)):
            least = tuple(k + o - 1 + spare for o, k in zip(outputs, self.kernel_size, strict=True))
            raise ValueError(f"{outputs} windows of kernel_size={self.kernel_size} do not fit the input's {space}: it must have at least {least}")
        samples, places = self._drawn(x), None
        for which, n, o, k in zip(self._samples, space, outputs, self.kernel_size, strict=True):
            axis = ops.expand_dims(_starts(samples[:, None, :, which], n, o, k), 2) + np.arange(k, dtype="int32")[:, None]  # (N, o, k, C)
            if places is not None:  # not by broadcasting: TensorFlow has no kernel for so many axes
                _, windows, elements, _ = places.shape
                axis = ops.repeat(ops.repeat(places, o, axis=1), k, axis=2) * n + ops.tile(axis, (1, windows, elements, 1))
            places = axis
        return places, outputs

    def _drawn(self, x: Tensor) -> Tensor:
        shape = (ops.shape(x)[0], x.shape[-1], len(self.kernel_size))
        if self._random_samples is None:
            return keras.random.uniform(shape, dtype=x.dtype, seed=self._seeds)
        given = tuple(self._random_samples.shape)
        if given[1:] != shape[1:] or (x.shape[0] or 0) > given[0]:
            raise ValueError(f"_random_samples must have the shape (batch or more, channels, {shape[-1]}), got {given} for an input {tuple(x.shape)}")
        return ops.cast(self._random_samples, x.dtype)[: shape[0]]


def _starts(sample: Tensor, n: int, windows: int, size: int) -> Tensor:
    """Where the windows begin on an axis of n places, (N, windows, C): the last one ends with it."""
    step = (n - size) / max(windows - 1, 1)
    steps = ops.expand_dims(ops.arange(windows, dtype=sample.dtype), -1)
    starts = ops.cast((steps + sample) * step, "int32") - ops.cast(sample * step, "int32")
    return ops.concatenate([starts[:, :-1], ops.full_like(starts[:, -1:], n - size)], axis=1)


@_register
class FractionalMaxPool2d(_FractionalMaxPool):
    r"""The largest value of each window; as many windows as asked for, at distances that are random but add up.

    $$ y_{n,i,j,c} = \max_{u,v} x_{n,\; r_i + u,\; s_j + v,\; c}, \qquad
       r_i = \lfloor (i + \rho)\,\alpha \rfloor - \lfloor \rho\,\alpha \rfloor, \quad \alpha = \frac{H - k}{H_{out} - 1}, \quad r_{H_{out} - 1} = H - k $$

    Args:
        kernel_size: the window, one number or one for each spatial axis; so for the following two.
        output_size: how many windows.
        output_ratio: their number as a share of the input's size.
        return_indices: also return where the largest values lie in the flattened H·W, for `MaxUnpool2d`.
        _random_samples: ρ for each example and channel, first for the width, then for the height, (N or more, C, 2), in [0, 1);
            drawn at each call where not given.

    Shapes:
        input (N, H, W, C) or (H, W, C), output (N, H_out, W_out, C), indices the same.

    Raises:
        ValueError: both or none of output_size and output_ratio, a ratio outside (0, 1), more windows than fit, samples of another shape.

    Differs from PyTorch:
        Keras has no such layer. `tf.nn.fractional_max_pool` draws one sequence for all examples and channels, by another rule.
        The windows are drawn in evaluation too, on both sides. NaN: PyTorch's window is NaN, here what the backend's argmax says.

    Source: Graham 2014, arXiv:1412.6071.
    """

    _samples = (1, 0)

    def __init__(self, kernel_size: int | tuple[int, int], output_size: int | tuple[int, int] | None = None,
                 output_ratio: float | tuple[float, float] | None = None, return_indices: bool = False, _random_samples: Any = None,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(kernel_size, output_size, output_ratio, return_indices, _random_samples, **kwargs)


@_register
class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest value of each window of a volume; see `FractionalMaxPool2d`.

    Shapes:
        input (N, D, H, W, C) or (D, H, W, C), output (N, D_out, H_out, W_out, C); samples (N, C, 3), depth, height, width.

    Differs from PyTorch: as `FractionalMaxPool2d`.

    Source: Graham 2014, arXiv:1412.6071.
    """

    _samples = (0, 1, 2)

    def __init__(self, kernel_size: int | tuple[int, int, int], output_size: int | tuple[int, int, int] | None = None,
                 output_ratio: float | tuple[float, float, float] | None = None, return_indices: bool = False, _random_samples: Any = None,
                 **kwargs) -> None:  # fmt: skip
        super().__init__(kernel_size, output_size, output_ratio, return_indices, _random_samples, **kwargs)
