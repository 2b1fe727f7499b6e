"""Overlap of two masks: the notes' Dice loss."""

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._loss import TorchLoss, warn_if_broadcast
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DiceLoss(TorchLoss):
    r"""$$ \ell_n = 1 - \frac{2 \sum_i x_{ni} t_{ni} + s}{\sum_i x_{ni}^2 + \sum_i t_{ni}^2 + s} $$, averaged over n.

    Args:
        smooth: s, which keeps two empty masks at 0.

    Shapes:
        input (probabilities) and target (N, …); the sums run over all axes but the first, so the layout does not matter.

    Differs from PyTorch:
        PyTorch has no Dice loss; this one is the notes'. `keras.losses.Dice` sums over the batch as well, does not square, and has no s:
        for x = ½ everywhere and t = 1 on half of it, 0.5 there, 0.3125 here (4 × 5 pixels).

    Source: Milletari et al. 2016, arXiv:1606.04797 (squares in the denominator); the notes, "自定义损失函数".
    """

    def __init__(self, smooth: float = 1.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.smooth = smooth

    def call(self, input: Float[Tensor, "n ..."], target: Num[Tensor, "n ..."]) -> Float[Tensor, ""]:
        warn_if_broadcast(self, input, target)
        target = ops.cast(target, input.dtype)
        axes = tuple(range(1, len(input.shape)))
        overlap = ops.sum(input * target, axis=axes)
        total = ops.sum(input * input, axis=axes) + ops.sum(target * target, axis=axes)
        return ops.mean(1 - (2 * overlap + self.smooth) / (total + self.smooth))
