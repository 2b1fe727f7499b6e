"""A smaller rate for the first steps."""

from typing import Any

from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class ConstantLR(LRScheduler):
    r"""Multiplies the rate by a factor during the first steps.

    $$ \gamma_t = \gamma_0 \cdot \begin{cases} f & t < n \\ 1 & \text{else} \end{cases} $$

    Args:
        optimizer: whose rate is set.
        factor: f, from 0 to 1.
        total_iters: n.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Raises:
        ValueError: `factor` outside [0, 1].
        ZeroDivisionError: step n with `factor` 0, as in PyTorch: the rate before cannot be divided out again.

    Differs from PyTorch:
        Not. In Keras `PiecewiseConstantDecay([n - 1], [f·γ0, γ0])`.

    Source: PyTorch's documentation, "ConstantLR".
    """

    def __init__(self, optimizer: Any, factor: float = 1.0 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"`factor` must be between 0 and 1, got {factor}.")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [self.lr * self.factor]
        return [self.lr * (1.0 / self.factor) if self.last_epoch == self.total_iters else self.lr]

    def _get_closed_form_lr(self) -> list[float]:
        return [self.base_lrs[0] * (self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor))]
