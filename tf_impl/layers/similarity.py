"""Cosine similarity and distance of vectors, with PyTorch's arguments and its gradients at zero."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class CosineSimilarity(Twin):
    r"""The cosine of the angle between vectors along an axis.

    $$ \frac{x_1 \cdot x_2}{\max(\lVert x_1 \rVert, \epsilon)\, \max(\lVert x_2 \rVert, \epsilon)} $$

    Args:
        dim: the axis; −1, the channel axis here, where PyTorch's default is 1, its channel axis.
        eps: the least norm.

    Shapes:
        inputs that broadcast, output without axis `dim`.

    Raises:
        ValueError: inputs that do not broadcast, or no such axis.

    Differs from PyTorch:
        Keras' loss of this name is −cos, its metric +cos, both over the last axis; they divide by √max(‖x‖², 1e-12).
        At a zero vector, TensorFlow's norm has the gradient NaN, PyTorch's 0, also here.

    Source: PyTorch's documentation, "CosineSimilarity".
    """

    def __init__(self, dim: int = -1, eps: float = 1e-8, **kwargs) -> None:
        super().__init__(**kwargs)
        self.dim = dim
        self.eps = eps
        self.built = True

    def call(self, x1: Float[Tensor, "..."], x2: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        x1, x2 = (ops.reshape(x, (1,)) if len(x.shape) == 0 else x for x in (x1, x2))  # a number is a vector of one
        rank = max(len(x1.shape), len(x2.shape))
        if not -rank <= self.dim < rank:
            raise ValueError(f"dim={self.dim} is not an axis of inputs with {rank} axes")
        axis = self.dim % rank - rank  # counted from the end, where broadcasting aligns
        _check_shapes(x1, x2)
        x1, x2 = x1 + ops.zeros_like(x2), x2 + ops.zeros_like(x1)  # both in full size, so that both have all of the axis
        return ops.sum(self._unit(x1, axis) * self._unit(x2, axis), axis=axis)

    def _unit(self, x: Tensor, axis: int) -> Tensor:
        norm = _root(ops.sum(ops.square(x), axis=axis, keepdims=True), 2.0)
        return x / (norm + ops.stop_gradient(ops.maximum(norm, self.eps) - norm))  # PyTorch clamps the value and keeps the gradient


@keras.saving.register_keras_serializable(package="tf_impl")
class PairwiseDistance(Twin):
    r"""The p-norm of the difference of vectors along the last axis.

    $$ \Bigl( \sum_i \lvert x_{1,i} - x_{2,i} + \epsilon \rvert^p \Bigr)^{1/p} $$

    Args:
        p: the norm, also ∞, −∞ and 0 (how many differ).
        eps: added to each difference.
        keepdim: keep the last axis, with size 1.

    Shapes:
        inputs (N, D) or (D,) that broadcast, output (N,) or ().

    Raises:
        ValueError: inputs that do not broadcast.

    Differs from PyTorch:
        Keras has no such layer; TensorFlow's `norm` has the gradient NaN where the difference is 0, PyTorch's 0, also here.

    Source: PyTorch's documentation, "PairwiseDistance".
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.p = p
        self.eps = eps
        self.keepdim = keepdim
        self.built = True

    def call(self, x1: Float[Tensor, "..."], x2: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        _check_shapes(x1, x2)
        difference = ops.abs(x1 - x2 + self.eps)
        if math.isinf(self.p):
            return (ops.max if self.p > 0 else ops.min)(difference, axis=-1, keepdims=self.keepdim)
        if self.p == 0:
            return ops.sum(ops.cast(difference != 0, difference.dtype), axis=-1, keepdims=self.keepdim)
        if self.p == 1:
            return ops.sum(difference, axis=-1, keepdims=self.keepdim)
        return _root(ops.sum(ops.power(difference, ops.convert_to_tensor(self.p, difference.dtype)), axis=-1, keepdims=self.keepdim), self.p)


def _root(total: Tensor, p: float) -> Tensor:
    """The p-th root, with gradient 0 at 0, where the true one is infinite."""
    positive = total > 0
    safe = ops.where(positive, total, ops.ones_like(total))
    root = ops.sqrt(safe) if p == 2 else ops.power(safe, ops.convert_to_tensor(1 / p, safe.dtype))
    return ops.where(positive, root, ops.zeros_like(total))


def _check_shapes(x1: Tensor, x2: Tensor) -> None:
    if any(a != b and 1 not in (a, b) and None not in (a, b) for a, b in zip(x1.shape[::-1], x2.shape[::-1], strict=False)):
        raise ValueError(f"x1 and x2 must broadcast, got shapes {tuple(x1.shape)} and {tuple(x2.shape)}")
