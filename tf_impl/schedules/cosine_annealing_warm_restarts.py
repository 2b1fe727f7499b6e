"""Cosines that start anew, each longer than the last."""

import math
from typing import Any

from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Falls from the initial rate to `eta_min`, jumps back, and falls again, more slowly.

    $$ \gamma_t = \eta_\text{min} + \tfrac12 (\gamma_0 - \eta_\text{min}) \left( 1 + \cos\frac{\pi\, T_\text{cur}}{T_i} \right),
       \qquad T_{i+1} = T_\text{mult}\, T_i $$

    Args:
        optimizer: whose rate is set.
        T_0: length of the first fall.
        T_mult: how much longer each next one is.
        eta_min: the smallest rate, absolute.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers; `step(epoch)` takes fractions of an epoch.

    Raises:
        ValueError: `T_0` or `T_mult` is no positive integer, `eta_min` no number, `epoch` negative.

    Differs from PyTorch:
        Not. Keras' `CosineDecayRestarts(γ0, T_0, t_mul=T_mult, alpha=eta_min/γ0)` is the same to 6e-8 (1e-5 of the rate near its lowest); its default
        `t_mul` is 2 for 1 here, and 0.094 away after 79 steps at γ0 = 0.1.

    Source: Loshchilov and Hutter 2016, SGDR, arXiv:1608.03983.
    """

    def __init__(self, optimizer: Any, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1) -> None:  # noqa: N803
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"`{name}` must be a positive integer, got {value!r}.")
        if not isinstance(eta_min, (int, float)):
            raise ValueError(f"`eta_min` must be a number, got {eta_min!r}.")
        self.T_0 = self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [self.eta_min + (self.base_lrs[0] - self.eta_min) * (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2]

    def step(self, epoch: float | None = None) -> None:
        """Sets the next rate, or the rate at `epoch`, which may lie between two: `step(epoch + batch / batches)`."""
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            self._jump(0 if epoch is None else epoch)
        self.last_epoch = math.floor(epoch or 0)
        (self.lr,) = self.get_lr()
        self._last_lr = [self.lr]

    def _jump(self, epoch: float) -> None:
        if epoch < 0:
            raise ValueError(f"`epoch` must not be negative, got {epoch}.")
        self.T_i, self.T_cur = self.T_0, epoch
        if epoch >= self.T_0 and self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        elif epoch >= self.T_0:
            falls = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**falls - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**falls
