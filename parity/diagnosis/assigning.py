"""Matching while the Keras model runs: which module a layer stands for, told by what it is fed; seams of flattens; norms folded into the layer before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from parity.diagnosis.axes import flattened_from, padded_as
from parity.diagnosis.binding import Fold, Seam, kinship
from parity.diagnosis.layouts import ROUNDED, close, matching, squeezed
from parity.diagnosis.matching import Match, Matching, nearest_by_name
from parity.diagnosis.states import RECURRENT
from parity.diagnosis.units import NORMS, Unit


class Restart(Exception):  # noqa: N818
    """Something was learned that changes what was handed on before: run again."""


class Assigning:
    """The matching side of a `Forcing`."""

    keras: Any
    torch: Any
    matching: Matching
    calls: Mapping[int, list[Any]]
    flow: Any
    found: Any
    state: Mapping[str, np.ndarray] | None
    known: Mapping[str, np.ndarray]
    used: dict[int, set[int]]
    cursor: int
    sequence: dict[int, int]
    spread: list[tuple[int, tuple[int, ...], int]]

    def find_seam(self, match: Match, call: Any, given: list[np.ndarray], live: list[np.ndarray]) -> None:
        """A dense layer behind a flatten: torch flattens (C, *space), Keras (*space, C) unless somebody permuted before."""
        if match.torch.kind != "linear" or match.seam is not None or match.keras.kind != "linear" or given[0].ndim != 2 or live[0].shape != given[0].shape:
            return
        shape = flattened_from(self.flow, call.entered[0], given[0].shape[-1])
        if shape is None or shape[0] == 1 or int(np.prod(shape[1:])) == 1 or close(live[0], given[0]):
            return
        seam = Seam(shape)
        if not close(live[0], seam.to_keras(given[0])):
            before = next((s for _, s, features in reversed(self.spread) if features == given[0].shape[-1]), ())
            if squeezed(before[1:]) != squeezed((*shape[1:], shape[0])) and not (given[0].dtype == np.float64 and self.holds_turned(match, seam)):
                return
        match.seam = seam
        for binding in match.bindings:
            binding.seam = seam
        if self.state is not None:
            self.fill(match)

    def holds_turned(self, match: Match, seam: Seam) -> bool:
        """Whether weights that are given as they are have been permuted for the seam."""
        binding = next((b for b in match.bindings if b.held.roles == ("weight",) and b.filled), None)
        if binding is None or self.state is not None:
            return False
        return close(self.keras.read(binding.held.variable), replace(binding, seam=seam).fill(self.known), ROUNDED)

    def which(self, match: Match, live: list[np.ndarray]) -> int | None:
        """The call of the torch module that this call of the Keras layer stands for: of those that are left one that was fed the same, else as much."""
        calls = self.calls.get(id(match.torch), [])
        if not calls or is_cell(match.torch.layer) != is_cell(match.keras.layer):  # a loop over steps is no call of the whole
            return None
        used = self.used.setdefault(id(match.torch), set())
        left = [i for i in range(len(calls)) if i not in used] or [len(calls) - 1]
        sized = [i for i in left if live and calls[i].given[0].numel() == live[0].size]
        same = [i for i in sized if matching(self.torch.array(calls[i].given[0]), live[0]) is not None] if len(left) > 1 else []
        if not sized and live and len(left) > 1:
            same = [i for i in left if self.fits_padded(match, match.keras, calls[i], live)]
        index = next(iter([*same, *sized, *left]))
        used.add(index)
        return index

    def called_again(self, match: Match, live: list[np.ndarray]) -> tuple[Unit, Any] | None:
        """The torch module without counterpart that this layer stands in for, having been called as often as its own module: the module, and its call."""
        calls = self.calls.get(id(match.torch), [])
        if not live or not calls or len(self.used.get(id(match.torch), ())) < len(calls) or is_cell(match.keras.layer):
            return None
        for unit in self.matching.open_torch:
            if kinship(unit, match.keras) >= 2:
                for call in self.calls.get(id(unit), ()):
                    if call.entered[:1] != calls[0].entered[:1] and matching(self.torch.array(call.given[0]), live[0]) is not None:
                        return unit, call
        return None

    def at_once(self, layer: Any, args: tuple[Any, ...]) -> bool:
        """Whether torch has no module of a time-distributed layer's that it calls for each step."""
        if not args or not self.keras.is_tensor(args[0]) or getattr(args[0], "_keras_mask", None) is not None:
            return False
        held = {id(each) for each in layer._flatten_layers()}
        units = [unit for unit in self.matching.keras_units if id(unit.layer) in held]
        matches = [self.matching.of_keras(unit) for unit in units]
        torch = [t for unit, match in zip(units, matches, strict=True) for t in ([match.torch] if match is not None else self.matching.candidates(unit))]
        return bool(torch) and all(len(self.calls.get(id(t), ())) != int(args[0].shape[1]) for t in torch)

    def once_more(self, match: Match, live: list[np.ndarray]) -> bool:
        """Whether this call is one more than torch makes of the module, on something that torch has elsewhere, or that such a call has made."""
        calls = self.calls.get(id(match.torch), [])
        if not live or not calls or len(self.used.get(id(match.torch), ())) < len(calls) or is_cell(match.keras.layer) or match.torch.kind in RECURRENT:
            return False
        sized = [self.torch.array(call.given[0]) for call in calls if call.given[0].numel() == live[0].size]
        if any(matching(mine, live[0]) is not None for mine in sized):
            return False
        others = (value for value in self.flow.values if value.is_floating_point() and value.numel() == live[0].size)
        return bool(self.found.again) or any(matching(self.torch.array(value), live[0]) is not None for value in others)

    def assign(self, unit: Unit, live: list[np.ndarray]) -> None:
        """Matches a Keras layer that is reached for the first time, by what it is fed, else by name, else by torch's order."""
        candidates = self.behind_part(unit, self.matching.candidates(unit))
        if not candidates:
            self.assign_shared(unit, live)
            return
        candidates.sort(key=lambda u: self.sequence[id(u)])
        fed = [u for u in candidates if any(live and self.is_fed(u, call, live) for call in self.calls.get(id(u), ()))] if len(candidates) > 1 else []
        if not fed and len(candidates) > 1 and unit.kind == "conv" and live:  # padded by a layer of its own, perhaps on one side only
            fed = [u for u in candidates if any(matching(_trimmed(self.torch.array(call.given[0])), _trimmed(live[0])) for call in self.calls.get(id(u), ()))]
        if not fed and unit.kind in NORMS:  # where no value speaks for a norm of the user's own, Keras' own stands for torch's own
            candidates = [u for u in candidates if u.kind == unit.kind] or candidates
        how = "shape" if len(candidates) == 1 else "value"
        if len(fed) == 1:
            chosen = fed[0]
        elif len(fed) > 1:
            fed = self.beside(unit, fed)
            by_name = nearest_by_name(unit, fed)
            chosen, how = (by_name, "name") if by_name is not None else (max(fed, key=lambda u: _likeness(u.layer, unit.layer)), "order")
        elif len(candidates) == 1:
            chosen = candidates[0]
        else:
            near = self.beside(unit, candidates)
            rivals = [other for other in self.matching.open_keras if set(map(id, self.matching.candidates(other))) & set(map(id, candidates))]
            later = near if len(rivals) == len(candidates) else [u for u in near if self.sequence[id(u)] >= self.cursor]  # with as many, none is skipped
            chosen, how = (later or near)[0], "order"
        self.cursor = self.sequence[id(chosen)]
        match = self.matching.add(chosen, unit, how)
        if self.state is not None:
            self.fill(match)

    def behind_part(self, unit: Unit, candidates: list[Unit]) -> list[Unit]:
        """Of what the second part of a separable convolution could be, what takes what the first part's module gives."""
        first = next((m for m in self.matching.matches if m.keras.layer is unit.layer and m.keras.part == "depthwise"), None)
        if unit.part != "pointwise" or first is None:
            return candidates
        made = [n for call in self.calls.get(id(first.torch), ()) for n in call.left.values()]
        fed = [u for u in candidates if any(leads(self.flow, n, call.entered[0]) for call in self.calls.get(id(u), ()) if call.entered for n in made)]
        return fed or candidates

    def beside(self, unit: Unit, candidates: list[Unit]) -> list[Unit]:
        """Those in the module that the layers beside this one were matched to; all where that says nothing."""
        counts = Counter((k, t) for match in self.matching.matches for k in _above(match.keras.path) for t in _above(match.torch.path))
        scores = [sum(counts[k, t] for k in _above(unit.path) for t in _above(candidate.path)) for candidate in candidates]
        return [candidate for candidate, score in zip(candidates, scores, strict=True) if score == max(scores)]

    def assign_shared(self, unit: Unit, live: list[np.ndarray]) -> None:
        """A module that torch calls several times, and the Keras side has a layer of its own for each call."""
        for match in list(self.matching.matches):
            calls = self.calls.get(id(match.torch), [])
            alike = len(calls) > 1 and kinship(match.torch, unit) == 3 and bool(live)
            if alike and any(self.fits(call, live) or self.fits_padded(match, unit, call, live) for call in calls):
                copy = self.matching.add(match.torch, unit, "shared")
                copy.seam = match.seam
                if self.state is not None:
                    self.fill(copy)
                return

    def assign_rest(self) -> None:
        """What a run that broke off left open: by name, else by torch's order."""
        for unit in self.matching.open_keras:
            candidates = sorted(self.matching.candidates(unit), key=lambda u: self.sequence[id(u)])
            if candidates:
                match = self.matching.add(nearest_by_name(unit, candidates) or candidates[0], unit, "order")
                if self.state is not None:
                    self.fill(match)

    def is_fed(self, unit: Unit, call: Any, live: list[np.ndarray]) -> bool:
        return self.fits(call, live) or self.turned(unit, call, live)

    def turned(self, unit: Unit, call: Any, live: list[np.ndarray]) -> bool:
        """A backward direction that is fed the sequence turned round."""
        if not unit.part.endswith("_reverse"):
            return False
        axis = 1 if getattr(unit.layer, "batch_first", False) else 0
        return matching(np.flip(self.torch.array(call.given[0]), axis), live[0]) is not None

    def fits(self, call: Any, live: list[np.ndarray]) -> bool:
        mine = self.torch.array(call.given[0])
        return matching(mine, live[0]) is not None or (
            mine.ndim == 2 and mine.shape == live[0].shape and close(np.sort(mine, axis=-1), np.sort(live[0], axis=-1)) and self.is_flattened(call, mine)
        )

    def fits_padded(self, match: Match, unit: Unit, call: Any, live: list[np.ndarray]) -> bool:
        """Whether a convolution is fed what torch's module pads by itself."""
        given, pads, _ = padded_as(self.matching.made(match.torch, unit, "shared"), [self.torch.array(call.given[0])], live, unit.layer)
        return bool(pads) and matching(given[0], live[0]) is not None

    def is_flattened(self, call: Any, mine: np.ndarray) -> bool:
        shape = flattened_from(self.flow, call.entered[0], mine.shape[-1])
        return shape is not None and shape[0] > 1

    def fill(self, match: Match) -> None:
        """Torch's weights into the Keras variables."""
        assert self.state is not None
        self.fold(match)
        for binding in match.bindings:
            if binding.filled:
                self.keras.assign(binding.held.variable, binding.fill(self.state))

    def folded_call(self, match: Match, index: int) -> Any:
        calls = self.calls.get(id(match.folded), [])
        return calls[index] if index < len(calls) else None

    def fold(self, match: Match) -> None:
        """A torch norm behind this layer that the Keras side has no layer for: multiplied into the weights, where there is a bias to take its shift."""
        if match.folded is not None or match.torch.kind not in {"conv", "linear", "conv_transpose"} or self.flow.training:
            return
        if any(unit.kind in NORMS | {"own"} for unit in self.matching.open_keras):
            return
        made = {n for call in self.calls.get(id(match.torch), []) for n in call.left.values()}
        for norm in self.matching.open_torch:
            calls = self.calls.get(id(norm), [])
            if norm.kind == "batch_norm" and calls and all(call.entered[0] in made for call in calls):
                if any(b.held.roles == ("bias",) for b in match.bindings):
                    match.folded = norm
                    for binding in match.bindings:
                        binding.fold = Fold(norm)
                return

    def find_unflattened(self, match: Match, call: Any, given: np.ndarray, live: np.ndarray) -> None:
        """A dense layer before an unflatten to (C, *space): where Keras reshapes to (*space, C), its columns are permuted.

        Raises:
            Restart: the layer was handed on in torch's order in this run.
        """
        number, steps = call.entered[0], 0
        shape = tuple(given.shape[1:])
        while number is not None and steps < 20:
            op = self.flow.producers.get(number)
            if op is None or not op.inputs:
                return
            source = op.inputs[0]
            if self.flow.values[source].dim() == 2 and self.flow.values[number].dim() == given.ndim:
                flat = self.torch.array(self.flow.values[source])
                if live.size != flat.size or not close(live, flat.reshape(live.shape)) or live.shape[-1] != shape[0]:
                    return
                for other in self.matching.matches:
                    if other.torch.kind == "linear" and any(leads(self.flow, n, source) for c in self.calls.get(id(other.torch), []) for n in c.left.values()):
                        other.out_seam = Seam(shape)
                        for binding in other.bindings:
                            binding.out_seam = other.out_seam
                        if self.state is not None:
                            self.fill(other)
                            raise Restart
                return
            number, steps = source, steps + 1


def leads(flow: Any, number: int | None, goal: int) -> bool:
    """Whether a value becomes another one through element-wise operations."""
    for _ in range(20):
        if goal == number:
            return True
        op = flow.producers.get(goal)
        if op is None or not op.inputs or flow.values[op.inputs[0]].shape != flow.values[goal].shape:
            return False
        goal = op.inputs[0]
    return False


def _trimmed(array: np.ndarray) -> np.ndarray:
    """Without the zeros at the ends of all axes but the first."""
    for axis in range(1, array.ndim):
        there = np.flatnonzero(array.any(axis=tuple(i for i in range(array.ndim) if i != axis)))
        array = np.take(array, range(there[0], there[-1] + 1), axis) if there.size else array
    return array


def _above(path: str) -> list[str]:
    """The modules that one is in."""
    return [path[:i] for i, character in enumerate(path) if character == "."]


def is_cell(layer: Any) -> bool:
    """Whether a recurrence is called for one step at a time."""
    return type(layer).__name__.endswith("Cell")


def _likeness(module: Any, layer: Any) -> int:
    """How many of the settings that weights do not show are those of the torch module: parallel branches differ in these."""
    pairs = [(getattr(module, mine, None), getattr(layer, theirs, None)) for mine, theirs in (("stride", "strides"), ("dilation", "dilation_rate"))]
    return sum(_each(mine) == _each(theirs) for mine, theirs in pairs if mine is not None and theirs is not None)


def _each(value: Any) -> set[Any]:
    return set(value) if isinstance(value, (tuple, list)) else {value}
