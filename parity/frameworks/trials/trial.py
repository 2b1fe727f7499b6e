"""A change of one operation, and the arguments of operations."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from parity.frameworks.torch_tracing import Op

Function = Callable[..., Any]


@dataclass(frozen=True)
class OpTrial:
    """`function` in the place of an operation; `cause` is a slug of the catalogue, `says` what the Keras side then does, `fix` the line that mends it."""

    cause: str
    says: str
    fix: str
    function: Function
    before: bool = False  # it changes what the operation is given


def bound(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, where the signature can be read."""
    try:
        signature = inspect.signature(op.function)
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return dict(bound.arguments)
    except (TypeError, ValueError):
        return {}


def changed_by(op: Op, **changes: Any) -> Function:
    """The same operation with some arguments changed."""

    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            signature = inspect.signature(op.function)
            bound = signature.bind(*args, **kwargs)
            bound.arguments.update(changes)
            return op.function(*bound.args, **bound.kwargs)
        except ValueError:  # a builtin has no signature
            return op.function(*args, **{**kwargs, **changes})

    return run


def told(op: Op, name: str) -> str:
    """The operation with its plain arguments: leaky_relu(0.01)."""
    plain = [str(a) for a in op.args[1:] if isinstance(a, (int, float, str, bool)) or (isinstance(a, tuple) and all(isinstance(i, int) for i in a))]
    plain += [f"{k}={v}" for k, v in op.kwargs.items() if isinstance(v, (int, float, str, bool)) and k not in ("inplace", "_stacklevel")]
    return f"{name}({', '.join(plain)})" if plain else name
