"""Cross-entropy of logits with PyTorch's arguments; classes are last."""

from typing import Any

import keras
from jaxtyping import Float, Num
from keras import ops

from tf_impl.losses._labels import check_labels, check_weight, negative_log_likelihood
from tf_impl.losses._loss import TorchLoss, check_same_shape, constant, like
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class CrossEntropyLoss(TorchLoss):
    r"""$$ \ell_n = -\sum_c w_c\,q_{nc} \log p_{nc}, \qquad p = \mathrm{softmax}(x), \qquad q_{nc} = (1 - s)\,y_{nc} + s/C $$

    y is one-hot for labels, or the target itself. The mean divides by $\sum_n w_{y_n}$ for labels, by the number of targets N·d1·… for probabilities.

    Args:
        weight: a factor for each class (C,).
        size_average, reduce: old words for `reduction`.
        ignore_index: the label that counts for nothing; for labels only.
        reduction: "none", "mean" or "sum". The mean of nothing (all ignored) is NaN, as in PyTorch.
        label_smoothing: s, moved from the label to all classes alike.

    Shapes:
        input (N, d1, …, C) logits, or (C,); target (N, d1, …) labels or (N, d1, …, C) probabilities; with "none" the output is (N, d1, …).

    Raises:
        ValueError: shapes, dtypes, the length of `weight`, a smoothing outside of [0, 1] or (outside of graphs) a label that is no class.

    Differs from PyTorch:
        Classes are last, PyTorch has them on axis 1. Any integer dtype is taken as labels, PyTorch refuses int32.
        `keras.losses.SparseCategoricalCrossentropy` expects probabilities unless `from_logits=True` (5.21 for 3.38 in a measured example),
        has neither `label_smoothing` nor `weight`, and `fit(class_weight=)` divides by N instead of Σw (1.67× here); all ignored is 0 there, NaN in PyTorch.
    """

    def __init__(
        self,
        weight: Any = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
        **kwargs,
    ) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        if not 0 <= label_smoothing <= 1:
            raise ValueError(f"CrossEntropyLoss: label_smoothing must be between 0 and 1, got {label_smoothing}.")
        self.weight = constant(weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def call(self, input: Float[Tensor, "*n c"], target: Num[Tensor, "..."]) -> Float[Tensor, "..."]:
        if len(input.shape) == len(target.shape) > 0:
            return self.of_probabilities(input, target)
        return self.of_labels(input, target)

    def of_labels(self, input: Tensor, target: Tensor) -> Tensor:
        check_labels(self, input, target)
        log_p = ops.log_softmax(input, axis=-1)
        losses, weights = negative_log_likelihood(self, log_p, target)
        if self.label_smoothing:
            everywhere = ops.where(target != self.ignore_index, -ops.sum(self.weighted(log_p), axis=-1), 0.0)
            losses = (1 - self.label_smoothing) * losses + self.label_smoothing / input.shape[-1] * everywhere
        return ops.sum(losses) / ops.sum(weights) if self.reduction == "mean" else self.reduced(losses)

    def of_probabilities(self, input: Tensor, target: Tensor) -> Tensor:
        check_same_shape(self, input, target)
        check_weight(self, input.shape[-1])
        if "float" not in keras.backend.standardize_dtype(target.dtype):
            raise ValueError(f"CrossEntropyLoss: a target of the input's shape holds probabilities and must be float, got {target.dtype}.")
        if self.ignore_index >= 0:
            raise ValueError(f"CrossEntropyLoss: ignore_index={self.ignore_index} names a label, but the target holds probabilities.")
        smooth = (1 - self.label_smoothing) * target + self.label_smoothing / input.shape[-1] if self.label_smoothing else target
        return self.reduced(-ops.sum(self.weighted(ops.log_softmax(input, axis=-1)) * smooth, axis=-1))

    def weighted(self, log_p: Tensor) -> Tensor:
        return log_p if self.weight is None else log_p * like(self.weight, log_p)
