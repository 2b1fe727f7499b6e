"""Rows of a batch by index."""

from jaxtyping import Int, Shaped
from keras import ops

from tf_impl.typing import Tensor


def pick(values: Shaped[Tensor, "n p *c"], index: Int[Tensor, "n k"]) -> Shaped[Tensor, "n k *c"]:
    """Of every image its own rows: (N, P, ...) at (N, K)."""
    rest = len(values.shape) - 2
    index = ops.reshape(ops.cast(index, "int32"), (*ops.shape(index), *(1,) * rest))
    return ops.take_along_axis(values, index, axis=1)
