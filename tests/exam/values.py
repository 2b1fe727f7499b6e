"""What the database hands to a constructor or a call, as data that both frameworks can be given: torch's tensors become `Leaf`s of NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import BuiltinFunctionType
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from parity.case import Layout
from parity.frameworks.base import Framework

FUNCTIONS = {F.gelu: "GELU"}  # functions that the database passes to constructors, and the twin that computes them
NOT_MIRRORED = {"device", "dtype"}  # torch's keywords that no twin has: the exam's precision and device are the adapter's


@dataclass(frozen=True, eq=False)
class Leaf:
    """One tensor: float32, int64 or bool, in torch's layout."""

    array: np.ndarray
    differentiable: bool


@dataclass(frozen=True)
class Recipe:
    """An object that the database builds and passes to a constructor, to be built again on each side."""

    name: str
    args: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    function: Callable[..., Any] | None = None  # what torch is given itself: the object stands for it on the other side


class UnsupportedError(Exception):
    """The twin, or the exam, cannot take this input; the message is the reason that the table shows."""


class NoTwinError(Exception):
    """Nothing in tf_impl claims to compute this; the message says why."""


class TorchRefusesError(Exception):
    """Torch itself cannot run an input of its own database."""


def taken(value: Any) -> Any:
    """The same structure with leaves for tensors.

    Raises:
        NoTwinError: a complex tensor.
    """
    match value:
        case torch.Tensor():
            if value.is_complex():
                raise NoTwinError("complex numbers: Keras layers have no complex policy")
            array = value.detach().numpy()
            return Leaf(np.array(array, dtype=np.float32 if array.dtype.kind == "f" else None, order="C"), value.requires_grad)
        case torch.Size():
            return tuple(value)
        case tuple() | list():
            return type(value)(taken(item) for item in value)
        case dict():
            return {key: taken(item) for key, item in value.items()}
        case BuiltinFunctionType() if value in FUNCTIONS:
            return Recipe(FUNCTIONS[value], function=value)
        case torch.nn.LinearCrossEntropyOptions():
            return Recipe("LinearCrossEntropyOptions", named={spec.name: getattr(value, spec.name) for spec in fields(value)})
        case Recipe():
            return Recipe(value.name, taken(value.args), taken({k: v for k, v in value.named.items() if k not in NOT_MIRRORED}))
    return value


def leaves(value: Any, name: str) -> Iterator[tuple[str, Leaf]]:
    """The leaves in order, with their names: "input", "hx.0"."""
    match value:
        case Leaf():
            yield name, value
        case tuple() | list():
            for i, item in enumerate(value):
                yield from leaves(item, f"{name}.{i}" if name else str(i))
        case Mapping():
            for key, item in value.items():
                yield from leaves(item, f"{name}.{key}" if name else str(key))


def given(value: Any, tensor: Callable[[Leaf], Any], build: Callable[[Recipe], Any] | None = None) -> Any:
    """The same structure with tensors for leaves and objects for recipes."""
    match value:
        case Leaf():
            return tensor(value)
        case Recipe() if build:
            return build(value)
        case tuple() | list():
            return type(value)(given(item, tensor, build) for item in value)
        case Mapping():
            return {key: given(item, tensor, build) for key, item in value.items()}
    return value


def as_tensor(adapter: Framework, layout: Layout = "same") -> Callable[[Leaf], Any]:
    return lambda leaf: adapter.tensor(leaf.array, layout)
