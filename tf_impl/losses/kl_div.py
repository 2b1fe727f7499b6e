"""Kullback-Leibler divergence of log-probabilities, with PyTorch's four reductions."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class KLDivLoss(TorchLoss):
    r"""$$ \ell_i = t_i (\log t_i - x_i), \qquad x = \log q $$ and 0 where t is 0.

    Args:
        size_average, reduce: old words for `reduction`.
        reduction: "none", "sum", "batchmean" (the divergence: the sum over N), or "mean" (over all elements, which is no divergence; PyTorch warns).
        log_target: the target holds log t.

    Shapes:
        input (log-probabilities) and target alike, or broadcast; the batch is axis 0.

    Differs from PyTorch:
        The gradient for the target where it is exactly 0 is −x here and NaN in PyTorch.
        `keras.losses.KLDivergence(y_true=t, y_pred=q)` takes probabilities, clips them at 1e-7 and reduces as "batchmean":
        0.683 where PyTorch's default gives 0.137.
    """

    reductions = ("none", "mean", "sum", "batchmean")

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", log_target: bool = False, **kwargs) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        self.log_target = log_target

    def call(self, input: Float[Tensor, "..."], target: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        check_broadcast(self, input=input.shape, target=target.shape)
        if self.log_target:
            losses = ops.exp(target) * (target - input)
        else:
            log_target = ops.log(ops.where(target == 0, 1.0, target))  # log 0 would make its gradient NaN even where it is not chosen
            losses = target * (log_target - input)
        if self.reduction == "batchmean" and len(input.shape) > 0:
            return ops.sum(losses) / ops.cast(ops.shape(input)[0], input.dtype)
        return ops.sum(losses) if self.reduction == "batchmean" else self.reduced(losses)
