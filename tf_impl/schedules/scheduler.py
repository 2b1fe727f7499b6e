"""What every scheduler shares: it sets the learning rate of an optimizer, once a call of `step`, by PyTorch's recursion."""

import copy
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from tf_impl.optimizers import SGD
from tf_impl.schedules._arguments import check_optimizer
from tf_impl.schedules._table import Table
from tf_impl.schedules._trace import made
from tf_impl.typing import Tensor


class LRScheduler:
    r"""Base of the schedulers. A subclass says in `get_lr` which rate follows `self.lr`, the optimizer's, at step `self.last_epoch`.

    $$ \gamma_{t+1} = f(\gamma_t, t + 1), \qquad \gamma_0 = \texttt{optimizer.learning\_rate} $$

    Args:
        optimizer: whose `learning_rate` is set: a twin, or any Keras optimizer that was given a number.
        last_epoch: the last step that was made; −1 starts anew.

    Shapes:
        rates are numbers; `get_lr`, `get_last_lr` and `base_lrs` are lists of one, since a Keras optimizer has one group of parameters.

    Raises:
        ValueError: `optimizer` is none, or has a Keras schedule already; `last_epoch` without the rate that the schedule began with.

    Differs from PyTorch:
        A Keras `LearningRateSchedule` is a function of the optimizer's updates: stepped per epoch of 4 batches, StepLR(10) is at 1.0 after 5 epochs
        where Keras' schedule, at update 20, is at 0.25. It sees no metric, cannot be chained, and computes in float32 also in a float64 model
        (0.1 is 0.10000000149; near its end the cosine is off by 1e-5 of the rate). `as_keras` makes one of any scheduler here.
        A scheduler that is stepped before the optimizer loses its first rate: a warning, as in PyTorch. A Keras schedule has no such order.
        `load_state_dict` also gives the optimizer its rate back, which in PyTorch `optimizer.load_state_dict` does.

    Source: PyTorch's documentation, "How to adjust learning rate".
    """

    _is_initial = False

    def __init__(self, optimizer: Any, last_epoch: int = -1) -> None:
        self.optimizer = check_optimizer(optimizer)
        if last_epoch == -1 and not hasattr(optimizer, "initial_lr"):
            optimizer.initial_lr = self.lr
        if not hasattr(optimizer, "initial_lr"):
            raise ValueError(f"`last_epoch` = {last_epoch} resumes a schedule: set `optimizer.initial_lr` to the rate it began with, or use load_state_dict.")
        self.base_lrs = [optimizer.initial_lr]
        self.last_epoch = last_epoch
        self._updates = int(optimizer.iterations)
        self._initial_step()

    @property
    def lr(self) -> float:
        """The optimizer's rate."""
        return float(ops.convert_to_numpy(self.optimizer.learning_rate))

    @lr.setter
    def lr(self, value: float) -> None:
        self.optimizer.learning_rate = value

    def get_lr(self) -> list[float]:
        """The rate at step `last_epoch`, from the one before."""
        raise NotImplementedError

    def get_last_lr(self) -> list[float]:
        """The rate that this scheduler set last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Sets the next rate. Call it after the optimizer's update. `epoch` jumps there; PyTorch keeps it for old code."""
        if self._step_count == 1 and int(self.optimizer.iterations) == self._updates:
            warnings.warn("scheduler.step() came before any update of the optimizer: the first learning rate is skipped.", UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warnings.warn("The epoch parameter in `scheduler.step()` is deprecated; call it without.", UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {key: value for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on from there."""
        vars(self).update(state_dict)
        self.lr = self._last_lr[0]

    def as_keras(self, epochs: int, steps_per_epoch: int = 1) -> keras.optimizers.schedules.LearningRateSchedule:
        """The rates of the next `epochs` as a Keras schedule, for an optimizer in `compile` and `fit`. The last one stays.

        Args:
            epochs: how many rates, the present one first.
            steps_per_epoch: updates of the optimizer for each.
        """
        if getattr(self, "cycle_momentum", False):
            raise ValueError(f"A Keras schedule sets only the learning rate, {type(self).__name__} also the momentum: give it cycle_momentum=False.")
        kept = copy.deepcopy(self.state_dict())
        rates = []
        for _ in range(epochs):
            rates.append(self.lr)
            with warnings.catch_warnings(action="ignore", category=UserWarning):  # no update comes between
                self.step()
        self.load_state_dict(kept)
        return Table(rates, steps_per_epoch)

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        self.step()
        self._is_initial = False

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        (rate,) = self.get_lr() if epoch is None else self._get_closed_form_lr()
        self.lr = rate
        self._last_lr = [self.lr]

    def _get_closed_form_lr(self) -> list[float]:
        return self.get_lr()  # where there is none


class _Halving(LRScheduler):
    def get_lr(self) -> list[float]:
        return [self.lr / 2 if self.last_epoch else self.lr]


def order() -> dict[str, Tensor | bool]:
    """The rates three updates use when the scheduler is stepped after them, as it should be, and before."""
    rates = {}
    for name, before in (("after", False), ("before", True)):
        optimizer, weight = SGD(lr=1.0), keras.Variable(0.0)
        optimizer.build([weight])
        scheduler = _Halving(optimizer)
        used = []
        with warnings.catch_warnings(record=True, action="always") as caught:
            for _ in range(3):
                if before:
                    scheduler.step()
                used.append(scheduler.lr)
                optimizer.apply([ops.ones_like(weight)], [weight])
                if not before:
                    scheduler.step()
        rates |= {name: ops.convert_to_tensor(np.asarray(used, keras.config.floatx())), f"{name}_warns": any(w.category is UserWarning for w in caught)}
    return rates


def granularity(epochs: int, steps_per_epoch: int) -> dict[str, Tensor]:
    """The rate of every update when the scheduler counts epochs; in Keras the schedule counts updates and has to be told how many make an epoch."""
    schedule = _Halving(SGD(lr=1.0)).as_keras(epochs, steps_per_epoch)
    return {"rates": ops.cast(ops.stack([schedule(update) for update in range(epochs * steps_per_epoch)]), keras.config.floatx())}


def refusals(schedules: Sequence[tuple[str, Mapping[str, Any]]], optimizer: tuple[str, Mapping[str, Any]] = ("SGD", {"lr": 0.1})) -> dict[str, bool]:
    """Whether schedulers with these arguments are refused, when they are made or at the latest in their second step."""
    told = {}
    for name, config in schedules:
        try:
            _, scheduler = made((name, config), optimizer, keras.Variable(0.0))
            for _ in range(2):
                with warnings.catch_warnings(action="ignore", category=UserWarning):
                    scheduler.step(*((1.0,) if name == "ReduceLROnPlateau" else ()))
            refused = False
        except (ValueError, TypeError, ArithmeticError):
            refused = True
        told[f"{name} {dict(config)}"] = refused
    return told
