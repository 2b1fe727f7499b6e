"""Which of two scores should be the larger, as PyTorch's."""

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast, positive_part
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class MarginRankingLoss(TorchLoss):
    r"""$$ \ell = \max(0, -t\,(x_1 - x_2) + m) $$: t = 1 wants the first larger, t = −1 the second.

    Args:
        margin: m.
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over all elements.

    Shapes:
        input1, input2 and target of as many axes, broadcast against each other.

    Raises:
        ValueError: the numbers of axes differ.

    Differs from PyTorch:
        Keras has no such loss. The gradient of a pair that keeps the margin exactly is not 0, as in PyTorch.
    """

    def __init__(self, margin: float = 0.0, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", **kwargs) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        self.margin = margin

    def call(self, input1: Float[Tensor, "..."], input2: Float[Tensor, "..."], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        if not len(input1.shape) == len(input2.shape) == len(target.shape):
            raise ValueError(
                "MarginRankingLoss: inputs and target must have as many axes, "
                f"got shapes {tuple(input1.shape)}, {tuple(input2.shape)} and {tuple(target.shape)}."
            )
        check_broadcast(self, input1=input1.shape, input2=input2.shape, target=target.shape)
        return self.reduced(positive_part(-ops.cast(target, input1.dtype) * (input1 - input2) + self.margin))
