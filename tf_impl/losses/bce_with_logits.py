"""Binary cross-entropy of logits with PyTorch's arguments."""

from typing import Any

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast, check_same_shape, constant, like
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class BCEWithLogitsLoss(TorchLoss):
    r"""$$ \ell = -w\bigl(v\,t \log\sigma(x) + (1 - t) \log(1 - \sigma(x))\bigr) $$ without ever forming σ(x).

    Args:
        weight: a factor w for each element, broadcast to the input.
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over all elements; weights do not change the mean's divisor.
        pos_weight: a factor v for the positive part, broadcast to the input; usually one for each class (C,), which are last here and in PyTorch.

    Shapes:
        input (logits) and target alike, any number of axes.

    Raises:
        ValueError: the shapes differ.

    Differs from PyTorch:
        `keras.losses.BinaryCrossentropy` expects probabilities unless `from_logits=True`; it has no `pos_weight`, and takes the mean over the last axis first.
        `tf.nn.weighted_cross_entropy_with_logits` is the same function.
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Any = None,
        **kwargs,
    ) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        self.weight = constant(weight)
        self.pos_weight = constant(pos_weight)

    def call(self, input: Float[Tensor, "..."], target: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        check_same_shape(self, input, target)
        check_broadcast(self, input=input.shape, weight=np.shape(self.weight), pos_weight=np.shape(self.pos_weight))
        target = ops.cast(target, input.dtype)
        log_sigmoid = ops.log_sigmoid(input)
        if self.pos_weight is not None:
            log_sigmoid = ((like(self.pos_weight, input) - 1) * target + 1) * log_sigmoid
        losses = (1 - target) * input - log_sigmoid
        return self.reduced(losses if self.weight is None else losses * like(self.weight, input))
