"""Checks the shape annotations of the twins on every call, with jaxtyping and beartype.

jaxtyping's own import hook wraps `__init__` too, whose signature Keras reads when a layer is made; so only annotated calls and functions are wrapped here.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable

from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, jaxtyped

checked = jaxtyped(typechecker=beartype(conf=BeartypeConf(is_pep484_tower=True)))  # tower: an int is a float, as everywhere in Python


def check_shapes(package: str) -> int:
    """Wraps every annotated function and `call` method of a package, once. Returns how many there are."""
    wrapped = 0
    for info in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        module = importlib.import_module(info.name)
        for name, value in list(vars(module).items()):
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isclass(value) and _has_shapes(vars(value).get("call")):
                value.call = checked(value.call)
                wrapped += 1
            elif inspect.isfunction(value) and _has_shapes(value):
                setattr(module, name, checked(value))
                wrapped += 1
    return wrapped


def _has_shapes(function: Callable | None) -> bool:
    annotations = getattr(function, "__annotations__", {})
    return any(_is_shape(a) or any(map(_is_shape, getattr(a, "__args__", ()))) for a in annotations.values())


def _is_shape(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, AbstractArray)
