"""Binary cross-entropy of probabilities, with PyTorch's clamps."""

from typing import Any

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.losses._loss import TorchLoss, check_broadcast, check_same_shape, concrete, constant, like
from tf_impl.typing import Tensor

_SMALLEST_LOG = -100.0
_SMALLEST_VARIANCE = 9.999999960041972e-13  # 1e-12 as PyTorch has it, in float32, in float64 too


@keras.saving.register_keras_serializable(package="tf_impl")
class BCELoss(TorchLoss):
    r"""$$ \ell = -w\bigl(t \log p + (1 - t) \log(1 - p)\bigr), \qquad \frac{d\ell}{dp} = w\,\frac{p - t}{\max(p(1 - p), 10^{-12})} $$

    with logarithms of at least −100.

    Args:
        weight: a factor for each element, broadcast to the input.
        size_average, reduce: old words for `reduction`.
        reduction: "none", "mean" or "sum", over all elements; `weight` does not change the mean's divisor.

    Shapes:
        input (probabilities) and target alike, any number of axes.

    Raises:
        ValueError: the shapes differ or, outside of graphs, an element of input or target is not in [0, 1].

    Differs from PyTorch:
        `keras.losses.BinaryCrossentropy` clips p to [1e-7, 1 − 1e-7]: at most 16.1 (PyTorch: 100),
        and gradient 0 for p = 0 and 1 where PyTorch's is ±1e12.
        If p comes straight from a sigmoid it computes from the logits instead, on TensorFlow only. The twin does neither.
    """

    def __init__(self, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", **kwargs) -> None:
        super().__init__(size_average, reduce, reduction, **kwargs)
        self.weight = constant(weight)

    def call(self, input: Float[Tensor, "..."], target: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        check_same_shape(self, input, target)
        check_broadcast(self, input=input.shape, weight=np.shape(self.weight))
        for name, tensor in (("input", input), ("target", target)):
            seen = concrete(tensor)
            if seen is not None and not ((seen >= 0) & (seen <= 1)).all():
                raise ValueError(f"BCELoss: every element of {name} must be in [0, 1], got {seen.min()} … {seen.max()}; for logits take BCEWithLogitsLoss.")
        losses = _binary_cross_entropy(input, ops.cast(target, input.dtype))
        return self.reduced(losses if self.weight is None else losses * like(self.weight, input))


@ops.custom_gradient  # PyTorch's gradient is not that of the clamped value: it goes on where the value stands at 100
def _binary_cross_entropy(p: Tensor, target: Tensor) -> Any:
    log_p = ops.maximum(ops.log(p), _SMALLEST_LOG)
    log_not_p = ops.maximum(ops.log1p(-p), _SMALLEST_LOG)

    def gradients(*arguments: Tensor, upstream: Tensor = None) -> tuple[Tensor, Tensor]:
        incoming = arguments[0] if upstream is None else upstream  # Keras' torch backend passes it by name
        return incoming * (p - target) / ops.maximum(p * (1 - p), _SMALLEST_VARIANCE), incoming * (log_not_p - log_p)

    return (target - 1) * log_not_p - target * log_p, gradients
