"""Checks the shape annotations of the twins on every call, with jaxtyping and beartype.

jaxtyping's own import hook wraps `__init__` too, whose signature Keras reads when a layer is made; so only annotated calls and functions are wrapped here.
"""

import contextlib
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator

from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, jaxtyped

checked = jaxtyped(typechecker=beartype(conf=BeartypeConf(is_pep484_tower=True)))  # tower: an int is a float, as everywhere in Python


@contextlib.contextmanager
def check_shapes(package: str) -> Iterator[int]:
    """Wraps every annotated function and `call` method of a package meanwhile: other tests of the process see the twins as users do. Gives their number."""
    before = []
    for info in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        module = importlib.import_module(info.name)
        for name, value in list(vars(module).items()):
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(value) and _has_shapes(vars(value).get("call")):
                before.append((value, "call", value.call))
                value.call = checked(value.call)
            elif inspect.isfunction(value) and _has_shapes(value):
                before.append((module, name, value))
                setattr(module, name, checked(value))
    try:
        yield len(before)
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def _has_shapes(function: Callable | None) -> bool:
    annotations = getattr(function, "__annotations__", {})
    return any(_is_shape(a) or any(map(_is_shape, getattr(a, "__args__", ()))) for a in annotations.values())


def _is_shape(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, AbstractArray)
