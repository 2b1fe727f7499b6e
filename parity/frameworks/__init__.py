"""The only modules of `parity` that import a framework. NumPy in, NumPy out; canonical names and torch's layout outside.

`get("torch")` and `get("keras")` import their framework on first use.
"""

from __future__ import annotations

from parity.frameworks.base import Framework as Framework
from parity.frameworks.base import FrameworkError as FrameworkError

NAMES = ("torch", "keras")


def get(name: str) -> Framework:
    """The adapter of a framework, one an interpreter.

    Raises:
        FrameworkError: the framework is not installed or unknown; the message says how to install it.
    """
    try:
        if name == "torch":
            from parity.frameworks.torch import TORCH

            return TORCH
        if name == "keras":
            from parity.frameworks.keras import KERAS

            return KERAS
    except ImportError as error:
        raise FrameworkError(
            f"{name} cannot be imported here ({error}); install it, or record that side on a machine that has it: `pip install {name}`."
        ) from error
    raise FrameworkError(f"Unknown framework {name!r}; there are {', '.join(NAMES)}.")
