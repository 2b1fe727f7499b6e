"""What the loss twins share: PyTorch's call and reductions, and none of Keras' casts, masks and sample weights."""

import inspect
import warnings
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import keras
import numpy as np
from keras import ops

from tf_impl.typing import Tensor

_NOT_CONFIGURATION = {"self", "size_average", "reduce", "kwargs"}


class TorchLoss(keras.losses.Loss):
    """A loss that is called as PyTorch's, `loss(input, target)`, and computes in the dtype of its input.

    Keras calls its losses the other way round, `loss(y_true, y_pred)`: in `compile` write `loss=keras_loss(CrossEntropyLoss())`.

    Args:
        size_average, reduce: PyTorch's old words for `reduction`; they warn and win over it.
        reduction: "mean", "sum" or "none", over all elements.
        kwargs: Keras' `name`; its `dtype` has no effect.

    Raises:
        ValueError: `reduction` is another word (PyTorch raises when the loss is called), or a call has too few or too many tensors.
    """

    reductions = ("none", "mean", "sum")

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", **kwargs) -> None:
        if size_average is not None or reduce is not None:
            reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
            warnings.warn(f"size_average and reduce are old words; write reduction={reduction!r}.", stacklevel=3)
        if reduction not in self.reductions:
            raise ValueError(f"{type(self).__name__}: reduction must be one of {', '.join(map(repr, self.reductions))}, got {reduction!r}.")
        super().__init__(**kwargs)
        self.reduction = reduction

    def __call__(self, *tensors: Any, **named: Any) -> Tensor:
        signature = inspect.signature(self.call)
        try:
            bound = signature.bind(*tensors, **named)
        except TypeError as error:
            name = type(self).__name__
            raise ValueError(
                f"{name} is called with ({', '.join(signature.parameters)}), got {len(tensors) + len(named)} arguments: {error}. "
                f"Keras calls losses as (y_true, y_pred, sample_weight): in compile() write loss=keras_loss({name}(...))."
            ) from error
        tensors = {word: value if isinstance(value, (int, float)) else ops.convert_to_tensor(value) for word, value in bound.arguments.items()}
        return self.call(**tensors)

    def reduced(self, losses: Tensor) -> Tensor:
        """The elements' losses after `reduction`."""
        if self.reduction == "mean":
            return ops.mean(losses)
        return ops.sum(losses) if self.reduction == "sum" else losses

    def get_config(self) -> dict:
        words = [word for word in inspect.signature(type(self).__init__).parameters if word not in _NOT_CONFIGURATION]
        return {"name": self.name} | {word: _plain(getattr(self, word)) for word in words}


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def constant(weight: Any) -> np.ndarray | None:
    """A weight given as tensor, array or list, kept in its own precision."""
    if weight is None:
        return None
    return np.asarray(ops.convert_to_numpy(weight) if ops.is_tensor(weight) else weight)


def like(weight: np.ndarray, tensor: Tensor) -> Tensor:
    """The weight as a tensor of the same dtype as another."""
    return ops.convert_to_tensor(weight, dtype=tensor.dtype)


def concrete(tensor: Tensor) -> np.ndarray | None:
    """The values, or None while a graph is traced, when there are none to check."""
    try:
        return ops.convert_to_numpy(tensor)
    except (AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError):  # every backend has its own
        return None


def same_shape(a: Sequence[int | None], b: Sequence[int | None]) -> bool:
    """Whether two static shapes can be equal; a size that is not known yet equals any."""
    return len(a) == len(b) and all(m == n or m is None or n is None for m, n in zip(a, b, strict=True))


def check_same_shape(loss: keras.losses.Loss, input: Tensor, target: Tensor) -> None:
    """Raises ValueError where PyTorch refuses to broadcast."""
    if not same_shape(input.shape, target.shape):
        raise ValueError(f"{type(loss).__name__}: target must have the input's shape {tuple(input.shape)}, got {tuple(target.shape)}.")


def check_broadcast(loss: keras.losses.Loss, **shapes: Sequence[int | None]) -> None:
    """Raises ValueError where shapes cannot be broadcast to one."""
    for sizes in zip_longest(*(reversed(tuple(shape)) for shape in shapes.values())):
        if len({size for size in sizes if size not in (1, None)}) > 1:
            told = ", ".join(f"{name} {tuple(shape)}" for name, shape in shapes.items())
            raise ValueError(f"{type(loss).__name__}: these shapes cannot be broadcast to one: {told}.")


def warn_if_broadcast(loss: keras.losses.Loss, input: Tensor, target: Tensor) -> None:
    """PyTorch broadcasts (N, 1) against (N,) to (N, N) and warns; so do the twins."""
    check_broadcast(loss, input=input.shape, target=target.shape)
    if not same_shape(input.shape, target.shape):
        warnings.warn(
            f"{type(loss).__name__}: the target's shape {tuple(target.shape)} differs from the input's {tuple(input.shape)}; they are broadcast, "
            "which is rarely meant. Give both the same shape.",
            stacklevel=5,
        )


def positive_part(x: Tensor) -> Tensor:
    """max(x, 0) with the gradient of `torch.clamp_min`, 1 at 0, on every backend."""
    return ops.where(x < 0, 0.0, x)


def above_zero(x: Tensor) -> Tensor:
    """max(x, 0) with gradient 0 at 0, as in PyTorch's multi-class margins."""
    return ops.where(x > 0, x, 0.0)


def minimum(a: Tensor, b: Tensor) -> Tensor:
    """The smaller one; a tie shares its gradient, as in `torch.minimum` (TensorFlow's own gives all to the first)."""
    return ops.where(a < b, a, ops.where(b < a, b, (a + b) / 2))
