"""Binary cross-entropy that looks away from what is already right: the focal loss."""

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_same_shape
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SigmoidFocalLoss(TorchLoss):
    r"""$$ \ell = \alpha_t (1 - p_t)^\gamma (-\log p_t), \qquad p_t = \begin{cases} \sigma(x) & t = 1 \\ 1 - \sigma(x) & t = 0 \end{cases} $$

    Args:
        alpha: weight of the positives, 1 − α of the negatives; negative for none.
        gamma: γ; 0 is `BCEWithLogitsLoss`.
        reduction: "none", "mean" or "sum", over all elements.

    Shapes:
        input (logits) and target alike, any number of axes.

    Raises:
        ValueError: the shapes differ.

    Differs from PyTorch:
        The reference is torchvision's `sigmoid_focal_loss` as a class, with its defaults: α = ¼ applied, no reduction.
        `keras.losses.BinaryFocalCrossentropy` ignores α unless `apply_class_balancing=True`: 0.458 for 0.271 in a measured example.

    Source: Lin et al. 2017, arXiv:1708.02002.
    """

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none", **kwargs) -> None:
        super().__init__(reduction=reduction, **kwargs)
        self.alpha = alpha
        self.gamma = gamma

    def call(self, input: Float[Tensor, "..."], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        check_same_shape(self, input, target)
        target = ops.cast(target, input.dtype)
        p = ops.sigmoid(input)
        wrong = 1 - (p * target + (1 - p) * (1 - target))
        losses = (1 - target) * input - ops.log_sigmoid(input)
        if self.gamma:  # the slope of 0⁰ is NaN on TensorFlow
            losses = losses * wrong**self.gamma
        if self.alpha >= 0:
            losses = losses * (self.alpha * target + (1 - self.alpha) * (1 - target))
        return self.reduced(losses)
