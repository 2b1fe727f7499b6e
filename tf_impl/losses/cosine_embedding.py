"""Hinge loss of the cosine between two vectors, as PyTorch's."""

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast, positive_part
from tf_impl.typing import Tensor

_EPSILON = 9.999999960041972e-13  # 1e-12 as PyTorch has it, in float32, in float64 too


@keras.saving.register_keras_serializable(package="tf_impl")
class CosineEmbeddingLoss(TorchLoss):
    r"""$$ \ell = 1 - \cos(a, b) \text{ for } t = 1, \quad \max(0, \cos(a, b) - m) \text{ for } t = -1, \qquad
           \cos(a, b) = \frac{a \cdot b}{\sqrt{(a \cdot a + \epsilon)(b \cdot b + \epsilon)}} $$ with ε = 1e-12.

    Args:
        margin: m, from −1 to 1.
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over the pairs.

    Shapes:
        input1 and input2 (N, D), target (N,) of 1 and −1; or (D,), (D,) and (). With "none" the output has the target's shape.

    Raises:
        ValueError: the shapes do not fit.

    Differs from PyTorch:
        `keras.losses.CosineSimilarity` is −cos, 1 less than this for t = 1, and knows no dissimilar pairs.
    """

    def __init__(self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", **kwargs) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        self.margin = margin

    def call(self, input1: Float[Tensor, "*#n d"], input2: Float[Tensor, "*#n d"], target: Num[Tensor, "*#n"]) -> Float[Tensor, "..."]:
        if len(target.shape) > 1 or not len(input1.shape) == len(input2.shape) == len(target.shape) + 1:
            raise ValueError(
                f"CosineEmbeddingLoss: expected inputs (N, D) with a target (N,), or (D,) with (), "
                f"got {tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}."
            )
        check_broadcast(self, input1=input1.shape, input2=input2.shape)
        check_broadcast(self, input1=input1.shape[:-1], target=target.shape)
        squares = [ops.sum(x * x, axis=-1) + _EPSILON for x in (input1, input2)]
        cosine = ops.sum(input1 * input2, axis=-1) / ops.sqrt(squares[0] * squares[1])
        similar = ops.where(target == 1, 1 - cosine, 0.0)
        dissimilar = ops.where(target == -1, positive_part(cosine - self.margin), 0.0)
        return self.reduced(similar + dissimilar)
