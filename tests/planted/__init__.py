"""Planted faults, each a mistake that ports really have. `@fault("case id", *rows)` names the rows, as patterns of "role:name", that must turn red.

A fault changes one twin, in its module, for one test.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from keras import ops

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Fault:
    plant: Plant
    case: str
    red: tuple[str, ...]


FAULTS: list[Fault] = []


def fault(case: str, *red: str) -> Callable[[Plant], Plant]:
    def note(plant: Plant) -> Plant:
        FAULTS.append(Fault(plant, case, red))
        return plant

    return note


def altered(patch: pytest.MonkeyPatch, target: str, after: Callable | None = None, **members: object) -> None:
    """Puts a subclass in the place of a twin: `after(layer)` runs when one is made, `members` override."""
    module, _, name = target.partition(":")
    home = importlib.import_module(f"tf_impl.{module}")
    twin = getattr(home, name)

    class Altered(twin):
        def __init__(self, *arguments, **words):
            super().__init__(*arguments, **words)
            if after is not None:
                after(self)

    for member, value in members.items():
        setattr(Altered, member, value)
    patch.setattr(home, name, Altered)


def assign(name: str, value: object) -> Callable:
    """For `altered`: sets one attribute, to a value or to a function of the layer."""
    return lambda layer: setattr(layer, name, value(layer) if callable(value) else value)


class Replaced:
    """A module with some functions replaced."""

    def __init__(self, **functions: Callable) -> None:
        self.functions = functions

    def __getattr__(self, name: str) -> object:
        return self.functions.get(name) or getattr(ops, name)
