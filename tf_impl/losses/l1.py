"""Mean absolute error, with PyTorch's reductions."""

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._loss import TorchLoss, warn_if_broadcast
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class L1Loss(TorchLoss):
    r"""$$ \ell_i = |x_i - t_i| $$ with gradient 0 where they are equal.

    Args:
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over all elements.

    Shapes:
        input and target alike, any number of axes; other shapes are broadcast with a warning. With "none" the output is of that shape.

    Differs from PyTorch:
        `keras.losses.MeanAbsoluteError` takes the mean over the last axis first, as `MeanSquaredError` does (see `MSELoss`).
    """

    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", **kwargs) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)

    def call(self, input: Float[Tensor, "..."], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        warn_if_broadcast(self, input, target)
        return self.reduced(ops.abs(ops.subtract(input, target)))
