"""Pooling windows on channels-last tensors, laid as PyTorch lays them."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from keras import ops

from tf_impl.layers._space import pad_space
from tf_impl.layers._twin import spread
from tf_impl.typing import Tensor


class Windows:
    """Size, stride, symmetric padding and dilation of windows; with `ceil_mode` the last one may hang over the end."""

    def __init__(self, rank, kernel_size, stride, padding=0, dilation=1, ceil_mode=False, pooling=True) -> None:
        self.size = spread(kernel_size, rank, "kernel_size", least=1)
        self.stride = self.size if stride is None else spread(stride, rank, "stride", least=1)
        self.padding = spread(padding, rank, "padding", least=0)
        self.dilation = spread(dilation, rank, "dilation", least=1)
        self.span = tuple(d * (k - 1) + 1 for k, d in zip(self.size, self.dilation, strict=True))
        self.ceil_mode = ceil_mode
        if pooling and any(2 * p > k for p, k in zip(self.padding, self.size, strict=True)):
            raise ValueError(f"padding must be at most half of kernel_size, got padding={padding!r} with kernel_size={kernel_size!r}")

    def pads(self, shape: Sequence[int | None]) -> list[tuple[int, int]]:
        """(before, after) for every spatial axis, the overhang of the last window included."""
        return [(p, p + self._overhang(n, axis)) for axis, (n, p) in enumerate(zip(shape, self.padding, strict=True))]

    def _overhang(self, n: int | None, axis: int) -> int:
        span, stride, padding = self.span[axis], self.stride[axis], self.padding[axis]
        if n is None:
            if self.ceil_mode:
                raise ValueError(f"ceil_mode needs the size of spatial axis {axis}, which is unknown until run time: give the Input a shape")
            return 0
        room = n + 2 * padding - span
        if room < 0 and not (self.ceil_mode and room > -stride):  # in ceil mode the only window may be larger than its input
            raise ValueError(f"kernel_size with its dilation spans {span} on spatial axis {axis}, the padded input only {n + 2 * padding}")
        steps = room // stride + (1 if self.ceil_mode and room % stride else 0)
        if steps * stride >= n + padding:  # such a window would see nothing but padding
            steps -= 1
        return max(steps * stride - room, 0)

    def elements(self, x: Tensor) -> list[Tensor]:
        """Of a padded tensor: for each place in the window, in row-major order, that element of every window."""
        starts = itertools.product(*(range(0, span, d) for span, d in zip(self.span, self.dilation, strict=True)))
        return [x[:, *(self._every(x.shape[axis + 1], axis, start) for axis, start in enumerate(place))] for place in starts]

    def _every(self, n: int | None, axis: int, start: int) -> slice:
        left = self.span[axis] - 1 - start
        return slice(start, -left if left else None, self.stride[axis])


def pool(operation: Callable[..., Tensor], x: Tensor, windows: Windows) -> Tensor:
    """`ops.max_pool` or `ops.average_pool`; volumes in two steps, because TensorFlow has no float64 kernel for three axes."""
    if len(windows.size) < 3:
        return operation(x, windows.size, windows.stride, data_format="channels_last")
    depth, height, width, channels = ops.shape(x)[1:]
    x = operation(ops.reshape(x, (-1, height, width, channels)), windows.size[1:], windows.stride[1:], data_format="channels_last")
    height, width = ops.shape(x)[1:3]
    x = operation(ops.reshape(x, (-1, depth, height * width, channels)), (windows.size[0], 1), (windows.stride[0], 1), data_format="channels_last")
    return ops.reshape(x, (-1, ops.shape(x)[1], height, width, channels))


def average(x: Tensor, windows: Windows, count_include_pad: bool = True) -> Tensor:
    """The mean of each window over its places in `x`, or also over those in the padding; never over those beyond it."""
    padding, pads = [(p, p) for p in windows.padding], windows.pads(x.shape[1:-1])
    outputs = pool(ops.average_pool, pad_space(x, pads), windows)
    if pads == padding and (count_include_pad or not any(map(any, pads))):
        return outputs  # every place of every window counts
    counted = pad_space(ops.ones_like(x[:1, ..., :1]), padding, value=float(count_include_pad))
    overhang = [(0, after - p) for (p, _), (_, after) in zip(padding, pads, strict=True)]
    return outputs / pool(ops.average_pool, pad_space(counted, overhang), windows)


def largest(x: Tensor, windows: Windows) -> tuple[Tensor, Tensor]:
    """The maximum of each window and where it lies in the flattened space of `x`; of equal ones the first."""
    space = ops.shape(x)[1:-1]
    padded = pad_space(x, windows.pads(x.shape[1:-1]), value=float("-inf"))
    elements = ops.stack(windows.elements(padded), axis=-1)
    best = ops.argmax(elements, axis=-1, keepdims=True)
    where, place = 0, best[..., 0]
    for axis in reversed(range(len(windows.size))):
        steps = ops.arange(elements.shape[axis + 1] or ops.shape(elements)[axis + 1], dtype=best.dtype)
        first = ops.reshape(steps * windows.stride[axis] - windows.padding[axis], (1,) * (axis + 1) + (-1,) + (1,) * (len(windows.size) - axis))
        position = first + place % windows.size[axis] * windows.dilation[axis]
        after = 1
        for n in space[axis + 1 :]:
            after = after * n
        where, place = where + position * after, place // windows.size[axis]
    return ops.take_along_axis(elements, best, axis=-1)[..., 0], ops.cast(where, "int64")


def adaptive_windows(n: int, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """The places ⌊i·n/m⌋ … ⌈(i + 1)·n/m⌉ − 1 of each of m windows over n, and which of them are real: short windows are filled up with their last place."""
    steps = np.arange(wanted)
    first, after = steps * n // wanted, -(-(steps + 1) * n // wanted)
    places = first[:, None] + np.arange((after - first).max())
    return np.minimum(places, after[:, None] - 1), places < after[:, None]


def take_windows(x: Tensor, axis: int, places: np.ndarray) -> Tensor:
    """The axis becomes two: the windows and their places."""
    return ops.reshape(ops.take(x, places.reshape(-1), axis=axis), (-1, *x.shape[1:axis], *places.shape, *x.shape[axis + 1 :]))


def window_means(x: Tensor, axis: int, n: int, wanted: int) -> Tensor:
    """The axis of n places becomes the means of its `wanted` adaptive windows."""
    places, real = adaptive_windows(n, wanted)
    elements, tail = take_windows(x, axis, places), (1,) * (len(x.shape) - axis - 1)
    if not real.all():
        elements = ops.where(real.reshape(*real.shape, *tail), elements, ops.zeros_like(elements))
    return ops.sum(elements, axis=axis + 1) / ops.convert_to_tensor(real.sum(axis=1).reshape(-1, *tail), x.dtype)
