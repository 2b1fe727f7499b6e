"""One scheduler after the other."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from tf_impl.schedules._arguments import check_optimizer
from tf_impl.schedules._composed import Composed
from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class SequentialLR(Composed):
    r"""Runs the first scheduler up to the first milestone, there the second begins at its own step 0, and so on.

    $$ \gamma_t = f_i(t - m_i), \qquad m_i \le t < m_{i+1} $$

    Args:
        optimizer: whose rate is set.
        schedulers: each made for this optimizer.
        milestones: the steps at which the second, third, … begin.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers.

    Raises:
        ValueError: no scheduler, one of another optimizer, one that needs a metric, or milestones that are not one less.

    Differs from PyTorch:
        Not. Keras cannot join schedules; a linear warm-up before a cosine is `CosineDecay(f0·γ0, T, warmup_target=γ0, warmup_steps=n)`, the same to 8e-9,
        and without `warmup_target` no warm-up at all.

    Source: PyTorch's documentation, "SequentialLR"; warm-up: Goyal et al. 2017, arXiv:1706.02677.
    """

    def __init__(self, optimizer: Any, schedulers: Sequence[LRScheduler], milestones: Sequence[int], last_epoch: int = -1) -> None:
        self.optimizer = check_optimizer(optimizer)
        if not schedulers or len(milestones) != len(schedulers) - 1:
            raise ValueError(f"`milestones` must be one less than `schedulers`, of which there is at least one; got {len(milestones)} and {len(schedulers)}.")
        self.check(schedulers, optimizer)
        self._schedulers = list(schedulers)
        self._milestones = list(milestones)
        self.last_epoch = last_epoch + 1
        self.lr = optimizer.initial_lr  # what the schedulers did when they were made is undone
        self.recursive_undo()
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched: LRScheduler | None = None) -> None:
        """Takes back the first step of every scheduler inside."""
        scheduler = self if sched is None else sched
        for inner in getattr(scheduler, "_schedulers", ()):
            self.recursive_undo(inner)
        if not hasattr(scheduler, "_schedulers"):
            scheduler.last_epoch -= 1

    def step(self) -> None:
        """Sets the next rate."""
        self.last_epoch += 1
        index = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[index]
        if index > 0 and self._milestones[index - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()
