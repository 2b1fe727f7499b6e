"""Several schedulers at once."""

from collections.abc import Sequence
from typing import Any

from tf_impl.schedules._composed import Composed
from tf_impl.schedules._trace import trace as trace
from tf_impl.schedules.scheduler import LRScheduler


class ChainedScheduler(Composed):
    r"""Steps all of its schedulers, each from the rate that the one before it left.

    $$ \gamma_t = (f_k \circ \dots \circ f_1)(\gamma_{t-1}) $$

    Factors multiply; a scheduler that sets the rate outright, as `LambdaLR`, overrules those before it.

    Args:
        schedulers: each made for one optimizer.
        optimizer: that one; the first scheduler's if not given.

    Shapes:
        rates are numbers.

    Raises:
        ValueError: no scheduler, one of another optimizer, or one that needs a metric.

    Differs from PyTorch:
        Not. A Keras schedule cannot see another.

    Source: PyTorch's documentation, "ChainedScheduler".
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Any = None) -> None:
        if not schedulers:
            raise ValueError("`schedulers` is empty; expected at least one.")
        self.optimizer = optimizer or schedulers[0].optimizer
        self.check(schedulers, self.optimizer)
        self._schedulers = list(schedulers)
        self._last_lr = [self.lr]

    def step(self) -> None:
        """Sets the next rate."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = [self.lr]
