"""`module_db`: torch's modules with the constructor arguments and inputs that torch tests them with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from unittest.mock import patch

import torch

import tf_impl.activations
import tf_impl.layers
import tf_impl.losses
from parity.comparison import Comparison
from parity.frameworks.base import Framework

from .database import FunctionInput, ModuleInfo, ModuleInput, module_db, set_rng_seed
from .layouts import rule
from .outcomes import judged, spread
from .runs import Question, ask
from .values import NOT_MIRRORED, Leaf, NoTwinError, Recipe, as_tensor, given, leaves, taken
from .words import Outcome

AREAS = (tf_impl.layers, tf_impl.activations, tf_impl.losses)
INFOS: dict[str, ModuleInfo] = {info.name: info for info in module_db}
SAMPLED = {"nn.LinearCrossEntropyLoss": 48}  # as many inputs, evenly spread, unless all are asked for


@cache
def inputs_of(name: str, training: bool, seed: int) -> list[ModuleInput]:
    """All inputs of a module in one mode, float32, drawn from a seed."""
    info = INFOS[name]
    set_rng_seed(seed)
    with patch.object(torch.nn, "TransformerEncoderLayer", lambda *args, **named: Recipe("TransformerEncoderLayer", args, named)):
        made = info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=True, training=training)
    return list(made)


def count(name: str) -> int:
    """How many inputs the database has."""
    return len(inputs_of(name, True, 0))


def twin_class(name: str) -> type:
    """The twin of a class of torch.nn.

    Raises:
        NoTwinError: there is none.
    """
    for area in AREAS:
        if hasattr(area, name):
            return getattr(area, name)
    raise NoTwinError("no twin of this name")


def outcomes(name: str, full: bool = False) -> Iterator[Outcome]:
    """The outcome of every input; of those in `SAMPLED` so many, unless `full`."""
    bench = Bench()
    modes = (True, False) if INFOS[name].train_and_eval_differ else (True,)  # as in torch's own tests
    for index in spread(count(name), None if full else SAMPLED.get(name)):

        def questions(seed: int, index: int = index) -> Iterator[Callable[[], Comparison]]:
            for training in modes:
                made = inputs_of(name, training, seed)
                if index < len(made):  # some inputs are of training only
                    yield lambda training=training, made=made: ask(question(name, index, training, made[index], bench))

        yield judged(index, inputs_of(name, True, 0)[index].desc, questions)


class Bench:
    """Models built before: inputs with the same constructor arguments share one, whose parameters and buffers are set anew for each."""

    def __init__(self) -> None:
        self.models: dict[tuple[str, str, str], Any] = {}

    def model(self, adapter: Framework, dtype: str, recipe: Recipe) -> Any:
        if any(leaves((recipe.args, recipe.named), "")):  # tensors among the arguments are each input's own
            return built(adapter, recipe)
        key = (adapter.name, dtype, repr(recipe))
        if key not in self.models:
            self.models[key] = built(adapter, recipe)
        return self.models[key]


def question(name: str, index: int, training: bool, made: ModuleInput, bench: Bench) -> Question:
    """One input in one mode."""
    info, cls = INFOS[name], name.removeprefix("nn.")
    args, named = taken(made.constructor_input.args), taken(made.constructor_input.kwargs)
    recipe = Recipe(cls, args, {key: value for key, value in named.items() if key not in NOT_MIRRORED})
    arguments, keywords = _positional(info.module_cls, made.forward_input or FunctionInput())
    return Question(
        f"{name}[{index}]",
        reference=lambda adapter, dtype: bench.model(adapter, dtype, recipe),
        twin=lambda adapter, dtype: bench.model(adapter, dtype, recipe),
        arguments=taken(arguments),
        named=taken(keywords),
        rule=rule(cls),
        training=training,
        weights={key: value for key, value in recipe.named.items() if isinstance(value, Leaf)},  # a buffer that the constructor was given
    )


def built(adapter: Framework, recipe: Recipe) -> Any:
    """Torch's class or its twin, from the same constructor arguments."""
    if adapter.name == "torch" and recipe.function is not None:
        return recipe.function
    cls = getattr(torch.nn, recipe.name) if adapter.name == "torch" else twin_class(recipe.name)
    args = given(recipe.args, as_tensor(adapter), lambda inner: built(adapter, inner))
    named = given(dict(recipe.named), as_tensor(adapter), lambda inner: built(adapter, inner))
    return cls(*args, **named)


def _positional(cls: type, given_input: FunctionInput) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """A first tensor given by keyword by its position, because twins call it by other names."""
    args, named = tuple(given_input.args), dict(given_input.kwargs)
    first = next(name for name in inspect.signature(cls.forward).parameters if name != "self")
    return ((named.pop(first),), named) if not args and first in named else (args, named)
