"""The rate drops at given steps."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class MultiStepLR(LRScheduler):
    r"""Multiplies the rate by γ at every milestone.

    $$ \gamma_t = \gamma_0\; g^{\#\{m \,\le\, t\}} $$

    Args:
        optimizer: whose rate is set.
        milestones: steps m; one that is named twice counts twice.
        gamma: g.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Differs from PyTorch:
        Not. Keras' `PiecewiseConstantDecay` still has the old rate *at* its boundary: with boundaries [30, 80] it drops at 31 and 81, so step 30 is 10 times
        too large. Its boundaries are m − 1, its values the rates themselves.

    Source: PyTorch's documentation, "MultiStepLR".
    """

    def __init__(self, optimizer: Any, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        times = self.milestones[self.last_epoch]
        return [self.lr * self.gamma**times if times else self.lr]

    def _get_closed_form_lr(self) -> list[float]:
        return [self.base_lrs[0] * self.gamma ** bisect_right(sorted(self.milestones.elements()), self.last_epoch)]
