"""What schedulers are given: an optimizer, numbers for each group of parameters, functions."""

import types
from collections.abc import Callable
from typing import Any

import keras


def check_optimizer(optimizer: Any) -> Any:
    """`optimizer`, or a ValueError that says why its rate cannot be set."""
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise ValueError(f"`optimizer` must be a Keras optimizer, got {type(optimizer).__name__}.")
    if callable(optimizer._learning_rate):
        raise ValueError(f"`optimizer` takes its learning rate from {optimizer._learning_rate!r}; a scheduler needs one that was given a number.")
    return optimizer


def single(name: str, value: Any) -> Any:
    """`value`, or the only one of a list: PyTorch takes one for each group of parameters, and a Keras optimizer has one group."""
    if isinstance(value, (list, tuple)):
        if len(value) != 1:
            raise ValueError(f"`{name}` must be single, or a list of one because a Keras optimizer has one group of parameters, got {value!r}.")
        return value[0]
    return value


def attributes(function: Callable | None) -> dict[str, Any] | None:
    """What can be kept of a function: nothing; of an object that is called, its attributes."""
    return None if function is None or isinstance(function, types.FunctionType) else vars(function).copy()


def restore(function: Callable | None, kept: dict[str, Any] | None) -> None:
    """Gives an object that is called its attributes back."""
    if kept is not None:
        vars(function).update(kept)
