"""The rate goes up and down between two bounds, the momentum down and up."""

import math
from collections.abc import Callable
from typing import Any

from tf_impl.schedules._arguments import attributes, check_optimizer, restore, single
from tf_impl.schedules._momentum import Cycling
from tf_impl.schedules._trace import trace as trace

_SCALES: dict[str, Callable[[float, float], float]] = {
    "triangular": lambda gamma, cycle: 1.0,
    "triangular2": lambda gamma, cycle: 1 / 2.0 ** (cycle - 1),
    "exp_range": lambda gamma, step: gamma**step,
}


class CyclicLR(Cycling):
    r"""Moves the rate on a saw of triangles, whose height may shrink.

    $$ \gamma_t = \gamma_\text{base} + (\gamma_\text{max} - \gamma_\text{base})\; h_t\, s, \qquad
       \mu_t = \mu_\text{max} - (\mu_\text{max} - \mu_\text{base})\; h_t\, s $$

    h goes from 0 to 1 in `step_size_up` steps and back in `step_size_down`; s is 1, 2^{1−cycle} or g^t.

    Args:
        optimizer: whose rate and momentum are set.
        base_lr: γ_base, the first rate.
        max_lr: γ_max.
        step_size_up: steps up.
        step_size_down: steps down; as many as up if not given.
        mode: "triangular", "triangular2" (halves at every cycle) or "exp_range" (gᵗ).
        gamma: g.
        scale_fn: s as a function of cycle or step, in place of `mode`.
        scale_mode: which of them, "cycle" or "iterations".
        cycle_momentum: also move the momentum (or β₁) against the rate.
        base_momentum: μ_base, at the highest rate.
        max_momentum: μ_max, the first momentum.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates and momenta are numbers, or lists of one.

    Raises:
        ValueError: an unknown `mode` without `scale_fn`, or an optimizer without momentum under `cycle_momentum`.

    Differs from PyTorch:
        Keras' own optimizers compile the momentum as a constant: under `fit` and in a `tf.function` their first update raises, unless
        `cycle_momentum=False`. The twins of `tf_impl.optimizers` read it from a variable; make the scheduler before the first compiled step.
        Keras has no such schedule.

    Source: Smith 2015, "Cyclical learning rates for training neural networks", arXiv:1506.01186.
    """

    def __init__(
        self,
        optimizer: Any,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float = 0.8,
        max_momentum: float = 0.9,
        last_epoch: int = -1,
    ) -> None:
        if scale_fn is None and mode not in _SCALES:
            raise ValueError(f"`mode` must be one of {', '.join(_SCALES)} where no `scale_fn` is given, got {mode!r}.")
        self.optimizer = check_optimizer(optimizer)
        if last_epoch == -1:
            self.lr = single("base_lr", base_lr)
        up, down = float(step_size_up), float(step_size_up if step_size_down is None else step_size_down)
        self.max_lrs = [single("max_lr", max_lr)]
        self.total_size = up + down
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn = scale_fn
        self.scale_mode = scale_mode if scale_fn is not None else "iterations" if mode == "exp_range" else "cycle"
        self.base_momentums, self.max_momentums = [single("base_momentum", base_momentum)], [single("max_momentum", max_momentum)]
        if cycle_momentum:
            self.start_cycling(optimizer)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = [single("base_lr", base_lr)]

    def scale_fn(self, x: float) -> float:
        """s, of the cycle (1, 2, …) or the step."""
        return _SCALES[self.mode](self.gamma, x) if self._scale_fn is None else self._scale_fn(x)

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        scale = self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            self.momentum = self.max_momentums[0] - (self.max_momentums[0] - self.base_momentums[0]) * height * scale
        return [self.base_lrs[0] + (self.max_lrs[0] - self.base_lrs[0]) * height * scale]

    def state_dict(self) -> dict[str, Any]:
        """Without `scale_fn`, unless it is an object with attributes: those are kept."""
        return super().state_dict() | {"_scale_fn": attributes(self._scale_fn)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        restore(self._scale_fn, state_dict["_scale_fn"])
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "_scale_fn"})
