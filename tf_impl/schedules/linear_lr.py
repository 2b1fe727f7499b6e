"""The rate moves on a straight line: a warm-up."""

from typing import Any

from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class LinearLR(LRScheduler):
    r"""Multiplies the rate by a factor that moves from `start_factor` to `end_factor`.

    $$ \gamma_t = \gamma_0 \left( f_0 + (f_1 - f_0)\, \frac{\min(t, n)}{n} \right) $$

    Args:
        optimizer: whose rate is set.
        start_factor: f₀, above 0 and up to 1.
        end_factor: f₁, from 0 to 1.
        total_iters: n.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Raises:
        ValueError: a factor outside its range.

    Differs from PyTorch:
        Not. Keras has it for a falling rate, `PolynomialDecay(f0·γ0, n, f1·γ0)`, and as the warm-up of a cosine, `CosineDecay(f0·γ0, …, warmup_target=γ0,
        warmup_steps=n)`, which without `warmup_target` starts at the full rate, 10 times too large for f₀ = 0.1, and says nothing.

    Source: PyTorch's documentation, "LinearLR".
    """

    def __init__(self, optimizer: Any, start_factor: float = 1.0 / 3, end_factor: float = 1.0, total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"`start_factor` must be above 0 and at most 1, got {start_factor}.")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"`end_factor` must be between 0 and 1, got {end_factor}.")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0:
            return [self.lr * self.start_factor]
        if self._is_initial or self.last_epoch > self.total_iters:
            return [self.lr]
        way = self.end_factor - self.start_factor
        return [self.lr * (1.0 + way / (self.total_iters * self.start_factor + (self.last_epoch - 1) * way))]

    def _get_closed_form_lr(self) -> list[float]:
        share = self.start_factor + (self.end_factor - self.start_factor) * min(self.total_iters, self.last_epoch) / self.total_iters
        return [self.base_lrs[0] * share]
