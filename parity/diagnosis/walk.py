"""What the parts of a `Locator` share: one torch flow, one forced Keras run, and which of torch's values the Keras run has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.diagnosis.axes import View
from parity.diagnosis.findings import Finding
from parity.diagnosis.forcing import Seen
from parity.diagnosis.layouts import ROUNDED, Index
from parity.diagnosis.states import RECURRENT


@dataclass(eq=False)
class Departure:
    """A torch value that the Keras side should have at some place, and what it has there."""

    number: int
    live: np.ndarray  # as the Keras side holds it
    view: View | None
    layer: str  # the torch unit that is fed this value, or "output"
    tensor: Any = None  # the Keras tensor itself
    pads: tuple[int, ...] = ()  # what torch pads inside the module that is fed, and the Keras side before it
    pad_mode: str = "constant"
    state: bool = False  # the state that a recurrence starts from


@dataclass(eq=False)
class Walk:
    """The state of a walk. Its parts build on each other: `Carrying`, `Naming`, `Relating`, `Replaying`, and on these the explanations."""

    session: Any
    flow: Any
    forced: Any
    bound: float = ROUNDED  # of a trial's equality
    units: dict[int, str] = field(default_factory=dict)  # torch value → path of the unit that made it
    carried: dict[int, Any] = field(default_factory=dict)  # torch value → what the Keras side was found to have in its place
    missing: dict[int, Finding] = field(default_factory=dict)
    surplus: dict[int, tuple[Finding, str]] = field(default_factory=dict)
    accounts: dict[int, tuple[int, Finding]] = field(default_factory=dict)  # operation (by index) → the departed value that it explained, and how
    merged: list[Finding] = field(default_factory=list)
    done: list[Any] = field(default_factory=list)  # operations that a trial changed
    exchanged: set[str] = field(default_factory=set)  # modules whose operation stands on the other side of a neighbour
    wires: list[tuple[str, str, str]] = field(default_factory=list)  # what is fed another value, what that comes from, what torch's comes from
    own: Index | None = None  # torch's values by value, made when first asked for

    def __post_init__(self) -> None:
        self.torch = self.session.torch
        self.index: Any = Index()
        self.seen = list(self.forced.seen)
        for seen in self.seen:
            self.index.add(seen.array, seen)
        for array in self.session.given.keras_arrays:
            if array.dtype.kind in "fiu":
                self.index.add(array.astype(np.float64), Seen(array.astype(np.float64), "input", "", -1, True))
        self.given = set(self.flow.inputs)
        self.joining = {match.torch.path for match in self.session.matching.matches if match.torch.kind == "attention"}  # fed several values
        self.cache: dict[int, bool] = {}
        self.constants: dict[int, bool] = {}
        for path, numbers in self._made_by_units():
            for number in numbers:
                self.units.setdefault(number, path)

    def _made_by_units(self) -> Iterator[tuple[str, list[int]]]:
        """What layers handed on in this run; weights that code uses by itself hand on nothing."""
        handed = {id(point.match.torch) for point in self.forced.checkpoints}
        calls = self.session.torch_runs[("float64", self.flow.training)].calls
        for match in self.session.matching.matches:
            for call in calls.get(id(match.folded or match.torch), []) if id(match.torch) in handed else ():
                whole = match.torch.kind in RECURRENT or match.torch.part in {"q", "k", "v"}  # the part of a value, which has no number of its own
                yield match.torch.path, call.call.made if whole else [n for n in call.left.values() if n is not None]

    def walked(self, departure: Departure, changed: dict[int, Any]) -> list[Finding]:
        """The faults before a departed value, with some of torch's values changed; `Locator` knows how."""
        raise NotImplementedError

    def value(self, number: int, changed: dict[int, Any]) -> Any:
        """A torch value, as recorded or as a trial has changed it."""
        return changed.get(number, self.flow.values[number])

    def explained(self, number: int, changed: dict[int, Any]) -> bool:
        """Whether the Keras run has this value: it was given or handed on, or an operation there made it."""
        if number in self.carried and changed.get(number) is self.carried[number]:
            return True
        if number in changed:
            return next(self.index.find(self.torch.array(changed[number]), self.bound), None) is not None
        if number not in self.cache and number in self.given and not self._given_alike(number) and self.given_to_keras(number) is not None:
            self.cache[number] = False  # in another order of axes, it is another input
        if number not in self.cache:
            array = self.flow.values[number]
            self.cache[number] = (
                (number in self.given and self._given_alike(number))
                or number in self.units
                or (not array.is_floating_point() and not array.is_complex() and not self._counted_otherwise(number))
                or array.numel() <= 1
                or (number in self.flow.producers and not self.flow.producers[number].inputs)
                or self.constant(number)  # what takes it is judged
                or self._found(self.torch.array(array))
            )
        return self.cache[number]

    def constant(self, number: int) -> bool:
        """Whether a value is made of neither inputs nor weights."""
        if number not in self.constants:
            op = self.flow.producers.get(number)
            made = op is not None and not self.torch.parameters_taken(op) and all(self.constant(i) for i in self._taken(op))
            self.constants[number] = made or (op is None and number not in self.given)  # a buffer, handed to a module
        return self.constants[number]

    @staticmethod
    def _taken(op: Any) -> list[int]:
        """The values that an operation's result depends on: `zeros_like(x)` and `constant.to(x)` take only a shape and a type."""
        if op.name in {"to", "type_as"} and op.args:
            return [op.args[0].value] if hasattr(op.args[0], "value") else []
        return [] if op.name.endswith("_like") or op.name.startswith("new_") else list(op.inputs)

    def _counted_otherwise(self, number: int) -> bool:
        """Whether the Keras side is given other integers; with fewer inputs, shapes alone do not tell which of torch's one is."""
        if len(self.session.given.keras_arrays) != len(self.session.given.arrays):
            return False
        theirs = self.given_to_keras(number) if number in self.given else None
        return theirs is not None and theirs.dtype.kind in "iu" and not self._given_alike(number)

    def given_to_keras(self, number: int) -> np.ndarray | None:
        """What the Keras model is given in the place of an input, in torch's layout; None where that is not known."""
        place, given = self.flow.inputs.index(number), self.session.given
        j = given.places[place] if place < len(given.places) else None
        if j is None:
            return None
        order, theirs, shape = given.orders[place], given.keras_arrays[j], given.arrays[place].shape
        if order is None:
            return theirs if theirs.shape == shape else None
        return order.undo(theirs, shape) if order.shape == theirs.shape else None

    def _given_alike(self, number: int) -> bool:
        place, given = self.flow.inputs.index(number), self.session.given
        if place < len(given.places) and given.places[place] is not None and given.orders[place] is None:  # laid out by the user's own function
            return True
        theirs = self.given_to_keras(number)
        return theirs is not None and bool(np.array_equal(given.arrays[place], theirs))

    def _found(self, array: np.ndarray) -> bool:
        return next(self.index.find(array, self.bound), None) is not None
