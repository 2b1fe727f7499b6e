"""What the attention layers share: PyTorch's masks, softmax over the keys, and no masks but those they are called with."""

import warnings
from collections.abc import Callable

import keras
from jaxtyping import Bool
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor

Flag = bool | Bool[Tensor, ""]


class ExplicitMasks(Twin):
    """Keras would hand the mask that `Embedding(mask_zero=True)` leaves on `src` over as `src_mask`, where PyTorch's means the opposite."""

    def __call__(self, *args, **kwargs):
        (_, first), *rest = self._call_signature.bind(*args, **kwargs).arguments.items()
        masked = [(x, x._keras_mask) for x in keras.tree.flatten((args, kwargs)) if getattr(x, "_keras_mask", None) is not None]
        if masked:
            warnings.warn(f"{type(self).__name__} does not read the mask that Keras keeps on its input: pass it as key_padding_mask=~mask", stacklevel=2)
        try:
            for x, _ in masked:
                x._keras_mask = None
            return super().__call__(first, **dict(rest))  # by name: Keras fills in masks that are None, also those that were given by place
        finally:
            for x, mask in masked:
                x._keras_mask = mask

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> None:
        """None goes on: a mask given as an argument says nothing of the output."""


def additive(mask: Tensor | None, blocked: bool, dtype: str, name: str) -> Tensor | None:
    """What a mask adds to the scores: −∞ where a boolean one is `blocked`; a float one as it is."""
    if mask is None:
        return None
    dtype, given = keras.backend.standardize_dtype(dtype), keras.backend.standardize_dtype(mask.dtype)
    if given == "bool":
        barred, free = ops.full((), float("-inf"), dtype), ops.zeros((), dtype)
        return ops.where(mask, barred, free) if blocked else ops.where(mask, free, barred)
    if "float" not in given:
        raise ValueError(f"{name} must hold booleans, or floats to add to the scores, got {given}")
    return ops.cast(mask, dtype)


def causal(queries: int, keys: int) -> Tensor:
    """True where a key is not later than the query, counted from the first of each."""
    return ops.expand_dims(ops.arange(queries), 1) >= ops.arange(keys)


def attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, dropout: Callable[[Tensor], Tensor] | None = None
) -> tuple[Tensor, Tensor]:
    """Outputs and weights. A query without a key to attend to has NaN."""
    scores = ops.matmul(query * scale, ops.swapaxes(key, -2, -1))
    weights = ops.softmax(scores if mask is None else scores + mask, axis=-1)
    if dropout is not None:
        weights = dropout(weights)
    return ops.matmul(weights, value), weights


def attend_or_zero(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, scale: float, dropout: Callable[[Tensor], Tensor] | None = None) -> Tensor:
    """Outputs. A query without a key to attend to has zeros."""
    if mask is None:
        return attend(query, key, value, None, scale, dropout)[0]
    empty = ops.all(mask == float("-inf"), axis=-1, keepdims=True)
    outputs, _ = attend(query, key, value, ops.where(empty, ops.zeros_like(mask), mask), scale, dropout)
    return ops.where(empty, ops.zeros_like(outputs), outputs)
