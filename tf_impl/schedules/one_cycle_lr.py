"""One rise of the rate and one long fall, the momentum against it."""

import math
from typing import Any

from tf_impl.schedules._arguments import check_optimizer, single
from tf_impl.schedules._momentum import Cycling
from tf_impl.schedules._trace import trace as trace


class OneCycleLR(Cycling):
    r"""Rises from `max_lr / div_factor` to `max_lr`, then falls to nearly nothing; the momentum falls and rises.

    $$ \gamma: \frac{\gamma_\text{max}}{d} \to \gamma_\text{max} \to \frac{\gamma_\text{max}}{d\,e}, \qquad
       \mu: \mu_\text{max} \to \mu_\text{base} \to \mu_\text{max}, \qquad a \to b:\quad b + \tfrac12 (a - b)(1 + \cos \pi p) $$

    The rise ends at step pct·n − 1, the fall at n − 1.

    Args:
        optimizer: whose rate and momentum are set; its own rate is not used.
        max_lr: γ_max.
        total_steps: n.
        epochs: with `steps_per_epoch`, another way to say n.
        steps_per_epoch: see `epochs`.
        pct_start: the share of the steps that rise.
        anneal_strategy: "cos" or "linear".
        cycle_momentum: also move the momentum (or β₁) against the rate.
        base_momentum: μ_base, at the highest rate.
        max_momentum: μ_max, first and last.
        div_factor: d.
        final_div_factor: e.
        three_phase: fall as long as the rise took, back to the first rate, and only then to the last.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates and momenta are numbers, or lists of one.

    Raises:
        ValueError: neither `total_steps` nor `epochs` and `steps_per_epoch`, an argument outside its range, an optimizer without momentum under
            `cycle_momentum`, a step beyond n.

    Differs from PyTorch:
        Keras' own optimizers compile the momentum as a constant: under `fit` and in a `tf.function` their first update raises, unless
        `cycle_momentum=False`. The twins of `tf_impl.optimizers` read it from a variable; make the scheduler before the first compiled step.
        Keras has no such schedule.

    Source: Smith and Topin 2017, "Super-convergence", arXiv:1708.07120.
    """

    def __init__(
        self,
        optimizer: Any,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        self.optimizer = check_optimizer(optimizer)
        self.total_steps = _steps(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"`pct_start` must be a float between 0 and 1, got {pct_start!r}.")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"`anneal_strategy` must be 'cos' or 'linear', got {anneal_strategy!r}.")
        self.anneal_strategy = anneal_strategy
        highest = single("max_lr", max_lr)
        first = highest / div_factor
        last = first / final_div_factor
        low, high = single("base_momentum", base_momentum), single("max_momentum", max_momentum)
        rise, end = float(pct_start * self.total_steps) - 1, self.total_steps - 1
        fallen = float(2 * pct_start * self.total_steps) - 2
        self._phases = [(rise, (first, highest), (high, low))]  # last step, rates, momenta
        self._phases += [(fallen, (highest, first), (low, high)), (end, (first, last), (high, high))] if three_phase else [(end, (highest, last), (low, high))]
        if cycle_momentum:
            self.start_cycling(optimizer)
        if last_epoch == -1:
            optimizer.initial_lr = first
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(f"step {self.last_epoch} is beyond `total_steps` = {self.total_steps}.")
        start = 0.0
        phases = iter(self._phases)
        end, rates, momenta = next(phases)
        while self.last_epoch > end and (later := next(phases, None)):
            start = end
            end, rates, momenta = later
        share = (self.last_epoch - start) / (end - start)
        if self.cycle_momentum:
            self.momentum = self._between(*momenta, share)
        return [self._between(*rates, share)]

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * share) + 1)


def _steps(total_steps: int | None, epochs: int | None, steps_per_epoch: int | None) -> int:
    given = {"total_steps": total_steps} if total_steps is not None else {"epochs": epochs, "steps_per_epoch": steps_per_epoch}
    for name, value in given.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"`{name}` must be a positive integer, got {value!r}; give total_steps, or epochs and steps_per_epoch.")
    return math.prod(given.values())
