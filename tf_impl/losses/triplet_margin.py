"""Anchors nearer to positives than to negatives, by a margin, as PyTorch's."""

import math
from collections.abc import Callable

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast, minimum, positive_part
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class TripletMarginLoss(TorchLoss):
    r"""$$ \ell = \max(0, d(a, p) - d(a, n) + m), \qquad d(x, y) = \lVert x - y + \epsilon \rVert_p $$

    Args:
        margin: m.
        p: the norm.
        eps: ε, added to every difference, so that equal vectors are ε·D^{1/p} apart.
        swap: take the nearer of d(a, n) and d(p, n).
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over the triplets.

    Shapes:
        anchor, positive and negative (…, D); with "none" the output is (…).

    Raises:
        ValueError: the margin is not positive, the numbers of axes differ, or the shapes cannot be broadcast.

    Differs from PyTorch:
        Keras has no such loss; a hand-written one without ε is up to 1e-5 away near 0.
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        **kwargs,
    ) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        _check_margin(self, margin)
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def call(self, anchor: Float[Tensor, "... d"], positive: Float[Tensor, "... d"], negative: Float[Tensor, "... d"]) -> Float[Tensor, "..."]:
        _check_axes(self, anchor, positive, negative)
        return self.reduced(_triplet(anchor, positive, negative, lambda x, y: _distance(x, y, self.p, self.eps), self.margin, self.swap))


@keras.saving.register_keras_serializable(package="tf_impl")
class TripletMarginWithDistanceLoss(TorchLoss):
    r"""`TripletMarginLoss` with a distance of one's own.

    Args:
        distance_function: of two tensors; `None` is the Euclidean distance with ε = 1e-6. Must be registered with Keras to be saved.
        margin: m.
        swap: take the nearer of d(a, n) and d(p, n).
        reduction: "none", "mean" or "sum", over the triplets.

    Shapes:
        anchor, positive and negative (…, D); with "none" the output is the distance's.

    Raises:
        ValueError: the margin is not positive, the numbers of axes differ, or the shapes cannot be broadcast.

    Differs from PyTorch:
        Keras has no such loss. Where both distances of `swap` are equal they share the gradient, as in PyTorch; TensorFlow's minimum gives it all to the first.
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
        **kwargs,
    ) -> None:
        super().__init__(reduction=reduction, **kwargs)
        _check_margin(self, margin)
        self.distance_function = distance_function
        self.margin = margin
        self.swap = swap

    def call(self, anchor: Float[Tensor, "..."], positive: Float[Tensor, "..."], negative: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        _check_axes(self, anchor, positive, negative)
        distance = self.distance_function or (lambda x, y: _distance(x, y, 2.0, 1e-6))
        return self.reduced(_triplet(anchor, positive, negative, distance, self.margin, self.swap))

    def get_config(self) -> dict:
        return super().get_config() | {"distance_function": keras.saving.serialize_keras_object(self.distance_function)}

    @classmethod
    def from_config(cls, config: dict) -> "TripletMarginWithDistanceLoss":
        return cls(**config | {"distance_function": keras.saving.deserialize_keras_object(config["distance_function"])})


@keras.saving.register_keras_serializable(package="tf_impl")
def squared_distance(x: Float[Tensor, "... d"], y: Float[Tensor, "... d"]) -> Float[Tensor, "..."]:
    """The squared Euclidean distance along the last axis (FaceNet's), for `TripletMarginWithDistanceLoss`."""
    return ops.sum(ops.square(x - y), axis=-1)


def _check_margin(loss: TorchLoss, margin: float) -> None:
    if margin <= 0:
        raise ValueError(f"{type(loss).__name__}: margin must be positive, got {margin}.")


def _check_axes(loss: TorchLoss, *tensors: Tensor) -> None:
    if len({len(tensor.shape) for tensor in tensors}) > 1:
        raise ValueError(f"{type(loss).__name__}: all three must have as many axes, got shapes {', '.join(str(tuple(t.shape)) for t in tensors)}.")
    check_broadcast(loss, **{name: tensor.shape for name, tensor in zip(("anchor", "positive", "negative"), tensors, strict=True)})


def _triplet(anchor: Tensor, positive: Tensor, negative: Tensor, distance: Callable[[Tensor, Tensor], Tensor], margin: float, swap: bool) -> Tensor:
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return positive_part(margin + near - far)


def _distance(x: Tensor, y: Tensor, p: float, eps: float) -> Tensor:
    """The p-norm of x − y + ε along the last axis; its gradient at 0 is 0."""
    size = ops.abs(x - y + eps)
    if p == 0:
        return ops.sum(ops.cast(size != 0, size.dtype), axis=-1)
    if p == 1:
        return ops.sum(size, axis=-1)
    if math.isinf(p):
        return ops.max(size, axis=-1)
    powers = ops.where(size == 0, 0.0, ops.power(ops.where(size == 0, 1.0, size), p))  # 0 to a fraction has an infinite slope
    total = ops.sum(powers, axis=-1)
    return ops.where(total == 0, 0.0, ops.power(ops.where(total == 0, 1.0, total), 1 / p))
