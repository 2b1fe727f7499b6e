"""What the schedulers of schedulers share."""

from collections.abc import Sequence
from typing import Any

from tf_impl.schedules.reduce_lr_on_plateau import ReduceLROnPlateau
from tf_impl.schedules.scheduler import LRScheduler


class Composed(LRScheduler):
    """Keeps `_schedulers`, and their states within its own."""

    def check(self, schedulers: Sequence[Any], optimizer: Any) -> None:
        for i, scheduler in enumerate(schedulers):
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(f"`schedulers` [{i}]: ReduceLROnPlateau needs a metric at every step, which {type(self).__name__} does not have.")
            if getattr(scheduler, "optimizer", None) is not optimizer:
                raise ValueError(f"`schedulers` [{i}] must be a scheduler of the same optimizer, got {scheduler!r}.")

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer; schedulers as their states."""
        return super().state_dict() | {"_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from there."""
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)
        super().load_state_dict({key: value for key, value in state_dict.items() if key != "_schedulers"})
