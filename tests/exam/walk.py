"""Walking the database: one name, or all."""

from __future__ import annotations

import importlib
import os
import warnings
from collections.abc import Iterator
from fnmatch import fnmatchcase
from types import ModuleType

from .table import PARTS, Line, line


def part(name: str) -> ModuleType:
    """The module of a part; loads both frameworks on first use."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from parity.frameworks import get

    for framework in ("torch", "keras"):
        get(framework).configure("cpu", 1)
    return importlib.import_module(f".{name}", __package__)


def names(part_name: str) -> list[str]:
    return list(part(part_name).INFOS)


def walked(part_name: str, name: str, full: bool = False) -> Line:
    """Tries the inputs of one name."""
    module = part(part_name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch on its own inputs, and of the twins where PyTorch warns too
        return line(part_name, name, module.count(name), module.outcomes(name, full))


def walk(patterns: tuple[str, ...] = (), full: bool = False) -> Iterator[Line]:
    """Tries all names, or those that a pattern occurs in."""
    for part_name in PARTS:
        for name in names(part_name):
            if not patterns or any(pattern in name or fnmatchcase(name, pattern) for pattern in patterns):
                yield walked(part_name, name, full)
