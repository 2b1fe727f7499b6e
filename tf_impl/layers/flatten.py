"""Flattening in PyTorch's order and its inverse, so that the weights of a following Linear need no permutation."""

import math

import keras
from jaxtyping import Shaped
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Flatten(Twin, keras.layers.Flatten):
    """Joins axes `start_dim` … `end_dim` into one; channels come first in the order, as in PyTorch's tensors.

    Args:
        start_dim: first axis that is joined; axis 0 is the batch.
        end_dim: last axis that is joined.

    Keras' `data_format="channels_first"` is accepted for tensors that have no channel axis at the end, such as (N, H, W): nothing is moved then.

    Shapes:
        input (N, *space, C), output (N, C·∏space), where the channel varies slowest.
        Only if all axes from 1 on are joined are the channels moved; `Flatten(1, 2)` of (N, H, W, C) is (N, H·W, C).

    Raises:
        ValueError: an axis does not exist, or `start_dim` comes after `end_dim`.

    Differs from PyTorch:
        `keras.layers.Flatten` of a channels-last tensor lets the channel vary fastest: the next Linear is silently wrong by O(1) (measured 1.2) unless its rows
        are permuted. Here the channel axis is moved first.

    Source: the notes, "view" before the first Linear.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1, **kwargs) -> None:
        super().__init__(**({"data_format": "channels_last"} | kwargs))
        self.start_dim = start_dim
        self.end_dim = end_dim
        self.input_spec = None

    def call(self, inputs: Shaped[Tensor, "..."]) -> Shaped[Tensor, "..."]:
        rank = len(inputs.shape)
        start, end = (_axis(dim, rank, name) for dim, name in ((self.start_dim, "start_dim"), (self.end_dim, "end_dim")))
        if start > end:
            raise ValueError(f"start_dim must not come after end_dim, got start_dim={self.start_dim} and end_dim={self.end_dim} for an input of {rank} axes")
        if self.data_format == "channels_last" and start <= 1 and end == rank - 1:
            inputs = _channels_first(inputs)
        shape = list(ops.shape(inputs))
        if rank == 0:
            return ops.reshape(inputs, (1,))
        joined = shape[start : end + 1]
        return ops.reshape(inputs, (*shape[:start], math.prod(joined) if all(isinstance(n, int) for n in joined) else -1, *shape[end + 1 :]))


@keras.saving.register_keras_serializable(package="tf_impl")
class Unflatten(Twin, keras.layers.Reshape):
    """Splits axis `dim` into `unflattened_size`; the inverse of `Flatten`.

    Args:
        dim: the axis that is split.
        unflattened_size: its new axes in PyTorch's order (C, *space): it names the order of the values. One may be −1.

    Keras-like `data_format="channels_first"` is accepted where the new axes hold no channels: they stay in the order given then.

    Shapes:
        input (N, C·∏space), output (N, *space, C): the first of the new axes is moved to the end, if there are several and they are the last ones.

    Raises:
        ValueError: the axis does not exist, or `unflattened_size` does not multiply to its size.

    Differs from PyTorch:
        `keras.layers.Reshape((H, W, C))` reads the values with the channel fastest, O(1) wrong after a Linear with PyTorch's weights.

    Source: PyTorch's documentation, "Unflatten".
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...], **kwargs) -> None:
        data_format = kwargs.pop("data_format", "channels_last")
        if list(unflattened_size).count(-1) > 1:
            raise ValueError(f"unflattened_size may have one -1, got {tuple(unflattened_size)}")
        super().__init__(tuple(unflattened_size), **kwargs)
        self.dim = dim
        self.data_format = data_format
        self.built = True

    def call(self, inputs: Shaped[Tensor, "..."]) -> Shaped[Tensor, "..."]:
        rank = len(inputs.shape)
        dim = _axis(self.dim, rank, "dim")
        sizes, n = self.target_shape, inputs.shape[dim]
        known = math.prod(size for size in sizes if size != -1)
        if not sizes or (n is not None and (n % known if -1 in sizes else n != known)):
            raise ValueError(f"unflattened_size must multiply to the {n} values of axis {self.dim}, got {sizes}")
        shape = ops.shape(inputs)
        outputs = ops.reshape(inputs, (*shape[:dim], *(n // known if size == -1 and n else size for size in sizes), *shape[dim + 1 :]))
        return ops.moveaxis(outputs, dim, -1) if self.data_format == "channels_last" and dim == rank - 1 else outputs


def _axis(dim: int, rank: int, name: str) -> int:
    if not -max(rank, 1) <= dim < max(rank, 1):
        raise ValueError(f"{name}={dim} is not an axis of an input with {rank} axes")
    return dim % max(rank, 1)


def _channels_first(x: Tensor) -> Tensor:
    return ops.moveaxis(x, -1, 1) if len(x.shape) > 2 else x
