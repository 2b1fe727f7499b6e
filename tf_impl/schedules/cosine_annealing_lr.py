"""The rate swings down and up again on a cosine."""

import math
from typing import Any

from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class CosineAnnealingLR(LRScheduler):
    r"""Falls from the initial rate to `eta_min` in `T_max` steps, and rises back in the next `T_max`.

    $$ \gamma_t = \eta_\text{min} + \tfrac12 (\gamma_0 - \eta_\text{min}) \left( 1 + \cos\frac{\pi t}{T} \right) $$

    computed from the rate before: (γ_t − η)/(γ_{t−1} − η) = (1 + cos πt/T)/(1 + cos π(t−1)/T).

    Args:
        optimizer: whose rate is set.
        T_max: T.
        eta_min: the smallest rate η, absolute.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Differs from PyTorch:
        Not. Keras' `CosineDecay(γ0, T, alpha=η/γ0)` is the same to 3e-7 of the rate up to step T, and stays at η after it: at step 2T it is at 0.01 for 0.1.
        Its `alpha` is a fraction of γ0: η itself in its place ends 10 times too low for γ0 = 0.1.

    Source: Loshchilov and Hutter 2016, SGDR, arXiv:1608.03983, without its restarts.
    """

    def __init__(self, optimizer: Any, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        base, eta, t, period = self.base_lrs[0], self.eta_min, self.last_epoch, self.T_max
        if self._is_initial:
            return [self.lr]
        if self._step_count == 1 and t > 0:
            return [eta + (base - eta) * (1 + math.cos(t * math.pi / period)) / 2]
        if (t - 1 - period) % (2 * period) == 0:  # the step before was the bottom, 0/0 here
            return [self.lr + (base - eta) * (1 - math.cos(math.pi / period)) / 2]
        return [(1 + math.cos(math.pi * t / period)) / (1 + math.cos(math.pi * (t - 1) / period)) * (self.lr - eta) + eta]

    def _get_closed_form_lr(self) -> list[float]:
        return [self.eta_min + (self.base_lrs[0] - self.eta_min) * (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2]
