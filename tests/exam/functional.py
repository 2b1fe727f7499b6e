"""The `nn.functional` part of `op_db`: torch's functions with the arguments that torch tests them with, against the twin that computes the same."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch
from torch.nn import functional as F

from parity.comparison import Comparison
from parity.frameworks import get
from parity.frameworks.base import Framework

from .database import OpInfo, SampleInput, op_db, set_rng_seed
from .layouts import rule
from .matches import TWINS, Given, Match
from .modules import built, twin_class
from .outcomes import judged, spread
from .runs import Question, ask
from .values import NoTwinError, Recipe, as_tensor, given, taken
from .words import Outcome

PREFIX = "nn.functional."
INFOS: dict[str, OpInfo] = {f"{op.name}.{op.variant_test_name}".rstrip("."): op for op in op_db if op.name.startswith(PREFIX)}
SAMPLED = 5  # inputs of a function, evenly spread, unless all are asked for


def outcomes(name: str, full: bool = False) -> Iterator[Outcome]:
    """The outcome of every input, or of `SAMPLED` of them evenly spread."""
    for index in spread(count(name), None if full else SAMPLED):

        def questions(seed: int, index: int = index) -> list[Callable[[], Comparison]]:
            samples = samples_of(name, seed)  # whose number depends on the seed for some
            return [lambda: ask(question(name, index, samples[index % len(samples)]))]

        yield judged(index, "", questions)


def count(name: str) -> int:
    """How many inputs the database has."""
    return len(samples_of(name, 0))


@cache
def samples_of(name: str, seed: int) -> list[SampleInput]:
    """All inputs of a function, float32, drawn from a seed."""
    op = INFOS[name]
    set_rng_seed(seed)
    dtype = next((dtype for dtype in (torch.float32, torch.complex64, torch.int64) if dtype in op.dtypes), torch.float32)
    return list(op.sample_inputs("cpu", dtype, requires_grad=op.supports_autograd and dtype is not torch.int64, set_seed=False))


def question(name: str, index: int, sample: SampleInput, constructible: bool = True) -> Question:
    """The question to both sides; `constructible`: the class of torch.nn takes the arguments too.

    Raises:
        NoTwinError: no twin claims to compute it.
    """
    short = INFOS[name].name.removeprefix(PREFIX)
    function = getattr(F, short)
    arguments = bound(short, function, sample)
    match = TWINS[short](arguments)
    weights = {parameter: _leaf(arguments[argument]) for parameter, argument in match.weights.items()}
    recipe = Recipe(match.twin, (), taken(dict(match.config)))
    if match.function is None:
        twin_class(match.twin)
        if constructible:
            _check_class(recipe)
    return Question(
        f"{name}[{index}]",
        reference=lambda adapter, dtype: Function(function, arguments, match, adapter),
        twin=lambda adapter, dtype: match.function or built(adapter, recipe),
        arguments=tuple(_leaf(arguments[argument]) for argument in match.inputs),
        named=taken(dict(match.named)),
        rule=match.rule or rule(match.twin),
        training=match.training,
        weights=weights,
        without=frozenset({"num_batches_tracked", "_random_samples"}),  # a class keeps what a function is given, and counts
    )


def _check_class(recipe: Recipe) -> None:
    """Some functions take what the class of torch.nn that wraps them refuses."""
    try:
        built(get("torch"), recipe)
    except Exception as error:
        raise NoTwinError(f"torch.nn.{recipe.name} does not take these arguments: {error}") from error


def bound(name: str, function: Callable[..., Any], sample: SampleInput) -> Given:
    """The arguments that the sample gives, by name."""
    values = (sample.input, *sample.args)
    if name.startswith("embedding"):  # the database gives the table first
        values = (values[1], values[0], *values[2:])
    return dict(zip(_names(name), values, strict=False)) | sample.kwargs


@cache
def _names(name: str) -> tuple[str, ...]:
    """Parameter names, from the signature or from the first line of a builtin's documentation."""
    function = getattr(F, f"{name}_with_indices", None) or getattr(F, name)
    try:
        return tuple(inspect.signature(function).parameters)
    except ValueError:
        return tuple(re.findall(r"[(,]\s*(\w+)", (function.__doc__ or "").split("->")[0]))


def _leaf(value: Any) -> Any:
    """A tensor argument; a list of lengths is one too."""
    return taken(torch.tensor(value) if isinstance(value, list) else value)


class Function(torch.nn.Module):
    """A function of torch as a module: its tensors of weights are parameters and buffers under the twin's names."""

    def __init__(self, function: Callable[..., Any], arguments: Given, match: Match, adapter: Framework) -> None:
        super().__init__()
        self.function, self.match = function, match
        fixed = {name: value for name, value in arguments.items() if name not in match.inputs and name not in match.named}
        self.fixed = given(taken(fixed), as_tensor(adapter), lambda recipe: built(adapter, recipe))
        for parameter, argument in match.weights.items():
            *path, name = parameter.split(".")
            owner = self
            for step in path:
                if not hasattr(owner, step):
                    owner.add_module(step, torch.nn.Module())
                owner = getattr(owner, step)
            tensor = self.fixed.pop(argument)
            if name.startswith("running"):
                owner.register_buffer(name, tensor)
            else:
                owner.register_parameter(name, torch.nn.Parameter(self.shaped(name, tensor)))

    def shaped(self, name: str, tensor: torch.Tensor) -> torch.Tensor:
        """As the class keeps it: a slope in a vector of one, the weight of many positions as one matrix."""
        if self.match.twin == "PReLU":
            return tensor.reshape(-1)
        if self.match.twin == "LinearCrossEntropyLoss":
            return tensor.flatten() if name == "bias" else tensor.flatten(0, -2)
        return tensor

    def forward(self, *tensors: torch.Tensor, **named: Any) -> Any:
        weights = {argument: self.get_parameter(name) if "running" not in name else self.get_buffer(name) for name, argument in self.match.weights.items()}
        if "output_size" in named:
            named["output_size"] = (*tensors[0].shape[: -len(named["output_size"])], *named["output_size"])
        if self.match.twin == "LinearCrossEntropyLoss":
            shape = (self.match.config["num_classes"], *self.match.config["out_features"])
            weights = {name: w.reshape(*shape, w.shape[-1]) if name == "linear_weight" else w.reshape(shape) for name, w in weights.items()}
        first, *others = tensors  # PyTorch calls the first one `input`, or `tensor`, or nothing
        return self.function(first, **dict(zip(self.match.inputs[1:], others, strict=True)), **self.fixed, **weights, **named)
