"""The rate drops when a metric has stopped getting better."""

import math
from typing import Any

from tf_impl.schedules._arguments import check_optimizer, single
from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class ReduceLROnPlateau(LRScheduler):
    r"""Multiplies the rate by a factor after more than `patience` steps without a new best metric.

    $$ \gamma \leftarrow \max(f\,\gamma,\; \gamma_\text{min}) \quad\text{if}\quad \#\text{bad} > \texttt{patience},
       \qquad \text{better:}\quad m < b\,(1 - \tau) \;\text{(rel)}, \quad m < b - \tau \;\text{(abs)} $$

    and m > b (1 + τ), m > b + τ for `mode="max"`.

    Args:
        optimizer: whose rate is set.
        mode: "min" or "max": what a better metric is.
        factor: f, below 1.
        patience: bad steps that are borne.
        threshold: τ.
        threshold_mode: "rel" or "abs".
        cooldown: steps after a drop that are not counted.
        min_lr: γ_min, or a list of one.
        eps: a drop by no more than this is left out.

    Shapes:
        rates and metrics are numbers.

    Raises:
        ValueError: `factor` 1 or more, an unknown mode, `min_lr` of another length.

    Differs from PyTorch:
        Not. Keras' callback of this name drops when the bad steps *reach* its patience: with patience 2 and a constant loss at epoch 3, here at 4. Its
        `min_delta` 1e-4 is absolute: at a loss of 100 an improvement by 0.005 resets it, here (τ = 1e-4, relative) not.

    Source: PyTorch's documentation, "ReduceLROnPlateau".
    """

    def __init__(
        self,
        optimizer: Any,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"`factor` must be below 1, got {factor}.")
        if mode not in ("min", "max"):
            raise ValueError(f"`mode` must be 'min' or 'max', got {mode!r}.")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"`threshold_mode` must be 'rel' or 'abs', got {threshold_mode!r}.")
        self.optimizer = check_optimizer(optimizer)
        self.min_lrs = [single("min_lr", min_lr)]
        self.mode, self.threshold, self.threshold_mode = mode, threshold, threshold_mode
        self.factor, self.patience, self.cooldown, self.eps = factor, patience, cooldown, eps
        self.last_epoch = 0
        self._last_lr = [self.lr]
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        return self.cooldown_counter > 0

    def step(self, metrics: Any, epoch: int | None = None) -> None:
        """Notes one metric, and sets the rate."""
        current = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            lower = max(self.lr * self.factor, self.min_lrs[0])
            if self.lr - lower > self.eps:
                self.lr = lower
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = [self.lr]

    def as_keras(self, epochs: int, steps_per_epoch: int = 1) -> None:
        """There is none.

        Raises:
            ValueError: always.
        """
        raise ValueError("ReduceLROnPlateau depends on a metric, a Keras schedule only on the step: call `step(metric)` after each epoch instead.")

    def _is_better(self, metric: float, best: float) -> bool:
        if self.mode == "min":
            return metric < (best * (1.0 - self.threshold) if self.threshold_mode == "rel" else best - self.threshold)
        return metric > (best * (self.threshold + 1.0) if self.threshold_mode == "rel" else best + self.threshold)
