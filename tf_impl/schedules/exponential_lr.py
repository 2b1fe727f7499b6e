"""The rate shrinks by the same factor at every step."""

from typing import Any

from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class ExponentialLR(LRScheduler):
    r"""Multiplies the rate by γ at every step.

    $$ \gamma_t = \gamma_0\, g^t $$

    Args:
        optimizer: whose rate is set.
        gamma: g.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Differs from PyTorch:
        Not. Keras' `ExponentialDecay(γ0, 1, g)` is the same to 1.2e-6 of the rate after 100 steps: it computes in float32.

    Source: PyTorch's documentation, "ExponentialLR".
    """

    def __init__(self, optimizer: Any, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [self.lr if self._is_initial else self.lr * self.gamma]

    def _get_closed_form_lr(self) -> list[float]:
        return [self.base_lrs[0] * self.gamma**self.last_epoch]
