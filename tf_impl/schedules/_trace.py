"""A hundred updates under a schedule: the rates they used and where they led."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from tf_impl import optimizers, schedules
from tf_impl.typing import Tensor

_FORMULAS: Mapping[str, Callable[[float], float]] = {
    "0.95^t": lambda t: 0.95**t,
    "0.97": lambda t: 0.97,
    "warm-up": lambda t: min(1.0, (t + 1) / 10),
    "1/(1+x)": lambda x: 1 / (1 + x),
}
_START, _CURVATURE = (1.0, -2.0, 3.0), (0.0625, 0.5, 2.0)


def trace(
    schedule: tuple[str, Mapping[str, Any]],
    optimizer: tuple[str, Mapping[str, Any]] = ("SGD", {"lr": 0.1, "momentum": 0.9}),
    steps: int = 100,
    metrics: Sequence[float] | None = None,
    epochs: Sequence[float] | None = None,
    resume_at: int | None = None,
) -> dict[str, Tensor]:
    """Minimises Σ cᵢwᵢ²/2 and tells at every step the rate, what `get_last_lr` says after it, the momentum where it is cycled, and w.

    Args:
        schedule: a scheduler's name and arguments; schedulers inside the arguments likewise.
        optimizer: an optimizer's name and arguments.
        steps: updates.
        metrics: what the scheduler is told at each step.
        epochs: what its `step` is called with.
        resume_at: before that step everything is made anew, from the states of optimizer and scheduler.
    """
    weight = keras.Variable(np.asarray(_START, keras.config.floatx()))
    curvature = ops.convert_to_tensor(np.asarray(_CURVATURE, keras.config.floatx()))
    descent, scheduler = made(schedule, optimizer, weight)
    cycling = getattr(scheduler, "cycle_momentum", False)
    schedule_of_keras = None if cycling or metrics or epochs else scheduler.as_keras(steps)
    rates, told, momenta, weights = [], [], [], []
    for step in range(steps):
        if step == resume_at:
            values, state = [ops.copy(variable.value) for variable in descent.variables], scheduler.state_dict()
            descent, scheduler = made(schedule, optimizer, weight)
            for variable, value in zip(descent.variables, values, strict=True):
                variable.assign(value)
            scheduler.load_state_dict(state)
        rates.append(float(ops.convert_to_numpy(descent.learning_rate)))
        momenta.append(descent.betas[0] if hasattr(descent, "betas") else descent.momentum)
        descent.apply([curvature * weight], [weight])
        weights.append(ops.copy(weight.value))
        arguments = [given[step] for given in (metrics, epochs) if given is not None]
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # `epoch` is deprecated
            scheduler.step(*arguments)
        told += scheduler.get_last_lr()
    traced = {"rates": rates, "next_rates": told} | ({"momentum": momenta} if cycling else {})
    traced |= {} if schedule_of_keras is None else {"as_keras": schedule_of_keras(ops.arange(steps))}
    return {name: ops.convert_to_tensor(np.asarray(numbers, keras.config.floatx())) for name, numbers in traced.items()} | {"weights": ops.stack(weights)}


def made(schedule: tuple[str, Mapping[str, Any]], optimizer: tuple[str, Mapping[str, Any]], weight: keras.Variable) -> tuple[Any, Any]:
    name, config = optimizer
    descent = getattr(optimizers, name)(**config)
    scheduler = _scheduler(schedule, descent)
    descent.build([weight])
    return descent, scheduler


def _scheduler(schedule: tuple[str, Mapping[str, Any]], optimizer: Any) -> Any:
    name, config = schedule
    config = {key: _FORMULAS.get(value, value) if isinstance(value, str) else value for key, value in config.items()}
    if "schedulers" in config:
        config["schedulers"] = [_scheduler(inner, optimizer) for inner in config["schedulers"]]
    first = () if name == "ChainedScheduler" else (optimizer,)
    return getattr(schedules, name)(*first, **config)
