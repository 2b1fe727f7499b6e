"""The rate falls to zero as a power of what is left."""

from typing import Any

from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class PolynomialLR(LRScheduler):
    r"""Falls to zero in `total_iters` steps.

    $$ \gamma_t = \gamma_0 \left( 1 - \frac{\min(t, n)}{n} \right)^p $$

    Args:
        optimizer: whose rate is set.
        total_iters: n.
        power: p.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Differs from PyTorch:
        Not. Keras' `PolynomialDecay(γ0, n, power=p)` ends at 1e-4; with `end_learning_rate=0` it is the same to 8e-9.

    Source: PyTorch's documentation, "PolynomialLR"; Chen et al. 2016, DeepLab, arXiv:1606.00915 (p = 0.9).
    """

    def __init__(self, optimizer: Any, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self._is_initial or self.last_epoch > self.total_iters:
            return [self.lr]
        decay = ((1.0 - self.last_epoch / self.total_iters) / (1.0 - (self.last_epoch - 1) / self.total_iters)) ** self.power
        return [self.lr * decay]

    def _get_closed_form_lr(self) -> list[float]:
        return [self.base_lrs[0] * (1.0 - min(self.total_iters, self.last_epoch) / self.total_iters) ** self.power]
