"""The rate drops every so many steps."""

from typing import Any

from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class StepLR(LRScheduler):
    r"""Multiplies the rate by γ every `step_size` steps.

    $$ \gamma_t = \gamma_0\; g^{\lfloor t / s \rfloor} $$

    Args:
        optimizer: whose rate is set.
        step_size: s.
        gamma: g.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Raises:
        ValueError: `step_size` is not positive.

    Differs from PyTorch:
        Not. Keras' `ExponentialDecay(γ0, s, g, staircase=True)` is the same to 7e-8; its default `staircase=False` falls all the time: at step 29 of 30
        it is at 0.0108 for 0.1.

    Source: PyTorch's documentation, "StepLR".
    """

    def __init__(self, optimizer: Any, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size < 1:
            raise ValueError(f"`step_size` must be positive, got {step_size}.")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [self.lr if self.last_epoch == 0 or self.last_epoch % self.step_size else self.lr * self.gamma]

    def _get_closed_form_lr(self) -> list[float]:
        return [self.base_lrs[0] * self.gamma ** (self.last_epoch // self.step_size)]
