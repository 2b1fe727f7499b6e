"""Where a layer has its tensor inputs, the initial states of recurrences among them; a state that one side lacks is zeros there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

RECURRENT = frozenset({"lstm", "gru", "rnn"})
Place = Any
"""A position, a keyword, or (either, place in the list that stands there)."""


def tensor_places(layer: Any, kind: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], is_tensor: Any) -> list[Place]:
    """Where a call has its tensor inputs, in torch's order."""
    if kind == "attention":
        order = {"query": 0, "value": 1, "key": 2}
        found: list[Place] = []
        for name in ("query", "key", "value"):
            if len(args) > order[name] and is_tensor(args[order[name]]):
                found.append(order[name])
            elif is_tensor(kwargs.get(name)):
                found.append(name)
        return found
    for i, value in enumerate(args):
        if is_tensor(value):
            return [i]
    for name in ("inputs", "x", "input", "sequences"):
        if is_tensor(kwargs.get(name)):
            return [name]
    return [name for name, value in kwargs.items() if is_tensor(value)][:1]


def at(place: Place, args: Any, kwargs: Mapping[str, Any]) -> Any:
    """What a call has at a place."""
    if isinstance(place, tuple):
        return at(place[0], args, kwargs)[place[1]]
    return args[place] if isinstance(place, int) else kwargs[place]


def put(place: Place, value: Any, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Another value there; lists are copied."""
    if isinstance(place, tuple):
        held = list(at(place[0], args, kwargs))
        held[place[1]] = value
        put(place[0], held, args, kwargs)
    elif isinstance(place, int):
        args[place] = value
    else:
        kwargs[place] = value


def with_states(layer: Any, kind: str, args: Any, kwargs: Mapping[str, Any], call: Any, keras: Any) -> tuple[list[Any], dict[str, Any], list[Place]]:
    """The call of a recurrence with its initial states written out where torch or Keras gives some: arguments, and the places of the states."""
    new_args, new_kwargs = list(args), dict(kwargs)
    if kind not in RECURRENT or not hasattr(layer, "get_initial_state"):
        return new_args, new_kwargs, []
    place: Place = 1 if len(args) > 1 else "initial_state"
    own = at(place, new_args, new_kwargs) if place == 1 or "initial_state" in kwargs else None
    if keras.is_tensor(own):
        own = [own]
    elif isinstance(own, (tuple, list)):
        own = list(own)
    if own is None:
        if len(call.given) < 2 or not any(bool(t.any()) for t in call.given[1:]):
            return new_args, new_kwargs, []
        own = list(layer.get_initial_state(batch_size=call.given[1].shape[-2]))
    if not all(map(keras.is_tensor, own)) or len(own) != (2 if kind == "lstm" else 1):
        return new_args, new_kwargs, []
    put(place, own, new_args, new_kwargs)
    return new_args, new_kwargs, [(place, i) for i in range(len(own))]


def given_states(recorded: list[np.ndarray], live: list[np.ndarray]) -> list[np.ndarray]:
    """Torch's inputs, zeros for the states that it is not given."""
    return [*recorded, *[np.zeros(array.shape, array.dtype) for array in live[len(recorded) :]]]


def masked_as(old: Any, new: Any) -> Any:
    """The new tensor with the mask of padding that Keras has attached to the old one."""
    mask = getattr(old, "_keras_mask", None)
    if mask is not None:
        new._keras_mask = mask
    return new
