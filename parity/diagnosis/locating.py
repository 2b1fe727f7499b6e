"""Faults in the code between layers: torch's operations are walked back from a value that departs to values that the Keras run provably has.

Values are found again *by value* (in float64, equal means equal). The earliest torch operation whose inputs Keras has and whose output it has not is the
fault; what the Keras side did instead is found by replaying torch's operations with that one changed until Keras' own value comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from parity.diagnosis.adopting import PROVISIONAL, Adopting
from parity.diagnosis.carrying import Carrying
from parity.diagnosis.exchanging import Exchanging
from parity.diagnosis.findings import Finding
from parity.diagnosis.forcing import Seen
from parity.diagnosis.layouts import EQUAL, ROUNDED, Index, close, matching
from parity.diagnosis.leaving_out import LeavingOut
from parity.diagnosis.naming import Departure
from parity.diagnosis.relating import Relating
from parity.diagnosis.rewiring import Rewiring
from parity.diagnosis.states import RECURRENT
from parity.diagnosis.unexplained import Unexplained

WHOLE = 10**9  # values that a trial brings which brings the departed one
MOST = 6  # faults before one checkpoint
_FAMILIAR = 1e-13
PARTING = frozenset(["split", "chunk", "unbind", "tensor_split", "__getitem__", "select", "narrow"])
PAIRED = frozenset(["max", "min", "sort", "topk", "median", "mode", "kthvalue"])  # give places beside values
_COMPARED = ("lt", "le", "gt", "ge", "eq", "ne")
CHOOSING = frozenset([*_COMPARED, *(f"__{name}__" for name in _COMPARED), "to", "float", "unsqueeze", "type"])
MOVING = frozenset(["view", "reshape", "transpose", "permute", "flatten", "unflatten", "movedim", "swapaxes", "t", "contiguous"])


@dataclass(eq=False)
class Locator(Relating, Rewiring, Adopting, Exchanging, Unexplained, Carrying, LeavingOut):
    """Walks one torch flow against one forced Keras run."""

    session: Any
    flow: Any
    forced: Any
    bound: float = ROUNDED  # of a trial's equality
    units: dict[int, str] = field(default_factory=dict)  # torch value → path of the unit that made it
    carried: dict[int, Any] = field(default_factory=dict)  # torch value → what the Keras side was found to have in its place
    missing: dict[int, Finding] = field(default_factory=dict)
    surplus: dict[int, tuple[Finding, str]] = field(default_factory=dict)
    merged: list[Finding] = field(default_factory=list)
    own: Index | None = None  # torch's values by value, made when first asked for

    def __post_init__(self) -> None:
        self.torch = self.session.torch
        self.index = Index()
        self.seen = list(self.forced.seen)
        for seen in self.seen:
            self.index.add(seen.array, seen)
        for array in self.session.given.keras_arrays:
            if array.dtype.kind == "f":
                self.index.add(array.astype(np.float64), Seen(array.astype(np.float64), "input", "", -1, True))
        self.given = set(self.flow.inputs)
        self.joining = {match.torch.path for match in self.session.matching.matches if match.torch.kind == "attention"}  # fed several values
        self.cache: dict[int, bool] = {}
        for path, numbers in self._made_by_units():
            for number in numbers:
                self.units.setdefault(number, path)

    def _made_by_units(self) -> Iterator[tuple[str, list[int]]]:
        """What layers handed on in this run; weights that code uses by itself hand on nothing."""
        handed = {id(point.match.torch) for point in self.forced.checkpoints}
        for match in self.session.matching.matches:
            for call in self.session.torch_runs[("float64", self.training)].calls.get(id(match.folded or match.torch), []) if id(match.torch) in handed else ():
                whole = match.torch.kind in RECURRENT or match.torch.part in {"q", "k", "v"}  # the part of a value, which has no number of its own
                yield match.torch.path, call.call.made if whole else [n for n in call.left.values() if n is not None]

    @property
    def training(self) -> bool:
        return next(t for (d, t), run in self.session.torch_runs.items() if run.flow is self.flow)

    # Values

    def explained(self, number: int, changed: dict[int, Any]) -> bool:
        """Whether the Keras run has this value: it was given or handed on, or an operation there made it."""
        if number in self.carried and changed.get(number) is self.carried[number]:
            return True
        if number in changed:
            return next(self.index.find(self.torch.array(changed[number]), self.bound), None) is not None
        if number not in self.cache:
            array = self.flow.values[number]
            self.cache[number] = (
                (number in self.given and self._given_alike(number))
                or number in self.units
                or not array.is_floating_point()
                or array.numel() <= 1
                or (number in self.flow.producers and not self.flow.producers[number].inputs)  # a constant: what takes it is judged
                or self._found(self.torch.array(array))
            )
        return self.cache[number]

    def _given_alike(self, number: int) -> bool:
        place = self.flow.inputs.index(number)
        given = self.session.given
        j = given.places[place] if place < len(given.places) else None
        if j is None:
            return False
        order = given.orders[place]
        theirs = given.keras_arrays[j]
        mine = given.arrays[place]
        return order is None or (order.apply(mine).shape == theirs.shape and bool(np.array_equal(order.apply(mine), theirs)))

    def _found(self, array: np.ndarray) -> bool:
        return next(self.index.find(array, self.bound), None) is not None

    # Walking

    def fault(self, number: int, changed: dict[int, Any]) -> Any:
        """The earliest unexplained operation with explained inputs behind a value; None if the value itself is explained; "input" if torch's input is not."""
        found: dict[int, Any] = {}
        visited: set[int] = set()
        stack = [number]
        if self.explained(number, changed):
            return None
        while stack:
            current = stack.pop()
            if current in visited:
                continue
            visited.add(current)
            op = self.flow.producers.get(current)
            if op is None:
                if current in self.given:
                    return "input"
                continue
            missing = [i for i in op.inputs if not self.explained(i, changed)]
            if missing:
                stack += missing
            else:
                found[op.index] = op
        return found[min(found)] if found else None

    def locate(self, departure: Departure) -> list[Finding]:
        """The faults before one departed value, one after the other; none where it follows from what departed before."""
        if departure.state and not departure.live.any():
            told = "starts from zeros, where torch starts from a state that it is given"
            return [Finding(departure.layer, "", "rnn-initial-state", f"the recurrence {told}", "initial_state= the state that torch is given", True)]
        changed = self.followed(departure.number)
        if changed and self.reached(departure, changed, self.bound):
            return []
        findings = self.walked(departure, changed)
        if changed and not all(f.confirmed for f in findings):
            alone = self.walked(departure, {})
            findings = alone if all(f.confirmed for f in alone) else findings
        self.carry(departure)
        return findings

    def walked(self, departure: Departure, changed: dict[int, Any]) -> list[Finding]:
        findings: list[Finding] = []
        for _ in range(MOST):
            if self.reached(departure, changed, self.bound if changed else EQUAL):
                break
            op = self.fault(departure.number, changed)
            if op is None:
                findings.append(self.extra(departure, changed))
                break
            if op == "input":
                findings.append(self.other_input(departure))
                break
            finding, changed = self.try_op(op, departure, changed)
            findings.append(finding)
            if changed is None:
                return [replace(f, confirmed=False) if f.cause in PROVISIONAL else f for f in findings]
        return findings

    # Trials

    def best_trial(self, op: Any, tensors: list[Any], departure: Departure, changed: dict[int, Any], whole: bool = False) -> tuple[int, Any, Any] | None:
        """The trial after which torch has Keras' value at the checkpoint, else (unless `whole`) the one that gives most of Keras' values on the way there."""
        from parity.frameworks.trials import op_trials

        best: tuple[int, Any, Any] | None = None
        siblings = self.siblings(op)
        original = self.torch.array(self.value(op.outputs[0], changed))
        familiar = [self.value(n, changed) for n in (*op.inputs, *op.outputs)]
        for trial in op_trials(op, tensors):
            for together in ((), siblings) if siblings else ((),):
                after = self.replayed(op, trial.function, departure.number, changed, together)
                if after is None:
                    continue
                made = self.torch.array(after[op.outputs[0]])
                if made.shape == original.shape and close(made, original, self.bound if self.bound >= ROUNDED else _FAMILIAR):
                    continue
                if self.reached(departure, after, self.bound):
                    return WHOLE, trial, after
                progress = 0 if whole else self.progress(op, after, changed, familiar)
                if progress and (best is None or progress > best[0]):
                    best = (progress, trial, after)
        return best

    def movers(self, op: Any, changed: dict[int, Any], names: frozenset[str] = MOVING) -> list[Any]:
        """The reshapes and transpositions that bring an operation its inputs: their values are found in any order of axes, so that none is blamed first."""
        found: list[Any] = []
        stack = [self.flow.producers.get(i) for i in op.inputs]
        while stack:
            mover = stack.pop(0)
            if mover is not None and mover.name in names and mover not in found and len(found) < 6:
                found.append(mover)
                stack += [self.flow.producers.get(i) for i in mover.inputs]
        return found

    def later(self, op: Any, departure: Departure) -> list[Any]:
        """What torch's code does with an operation's output before the departed value: the Keras side may do it in another order."""
        made = [self.flow.producers[n] for n in self.between(op, departure)]
        return [other for other in dict.fromkeys(made) if other is not op and other.name not in MOVING][: 8 if self.bound >= ROUNDED else 0]

    def try_op(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, Any]:
        """Why an operation's output is not in the Keras run, and torch's values with that changed: one change that explains all goes before one of a part."""
        exact = self.bound < ROUNDED
        left = None if exact else self.operand_left_out(op, departure, changed)
        if left is not None:
            return left
        inputs = [self.value(i, changed) for i in op.inputs]
        best = self.best_trial(op, [t for t in inputs if t.is_floating_point()] or inputs, departure, changed, whole=exact)
        for mover in self.movers(op, changed) if best is None else ():
            best = best or self.best_trial(mover, [self.value(i, changed) for i in mover.inputs], departure, changed)
        if best is not None and best[0] == WHOLE:
            return (self.taken_otherwise(op, departure, changed) if best[1].before else None) or self.told_of(op, best, departure)
        for explain in () if exact else (self.left_out, self.not_joined, self.wired_otherwise, self.given_otherwise, self.done_otherwise):
            found = explain(op, departure, changed)
            if found is not None:
                return found
        if best is not None:
            return self.told_of(op, best, departure)
        for explain in () if exact else (self.taken_otherwise, self.made_otherwise):
            found = explain(op, departure, changed)
            if found is not None:
                return found
        return self.unexplained(op, departure, changed), None

    def told_of(self, op: Any, best: tuple[int, Any, Any], departure: Departure) -> tuple[Finding, dict[int, Any]]:
        """What a trial says."""
        _, trial, after = best
        layer = (self.transposed(op, departure) if trial.cause == "operand-transposed" else "") or self.place(op, departure)
        found = Finding(layer, self.keras_layer(departure), trial.cause, f"Keras has {trial.says}{self.keras_says(departure)}", trial.fix, True)
        return self.lacks(op, found) if trial.cause.endswith("-missing") else found, after

    def done_otherwise(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """Another operation is changed, one that parts a value before this one or one that comes behind: the Keras side may do them in another order."""
        behind = [self.flow.producers[n] for n in self.between(op, departure)]
        later = [other for other in dict.fromkeys(behind[::-1]) if other is not op and other.name not in MOVING][:8]
        for near in (*self.movers(op, changed, PARTING | CHOOSING), *later):
            best = self.best_trial(near, [self.value(i, changed) for i in near.inputs], departure, changed, whole=True)
            if best is not None:
                return self.told_of(near, best, departure)
        return None

    def made_otherwise(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """Keras' own value is what torch's operation should have made."""
        adopted = self.adopt(op, departure, changed)
        if adopted is None:
            return None
        cause, says, fix, after, theirs, axes = adopted
        part = self.joined_otherwise(op, theirs, axes, departure, changed)
        told = Finding(self.place(op, departure), self.keras_layer(departure), cause, f"{says}{self.keras_says(departure)}", fix, True)
        return part or told, after

    def transposed(self, op: Any, departure: Departure) -> str:
        """Where an operand comes from that the Keras side has transposed from the start; "": it is transposed for this product only."""
        for number in op.inputs:
            orders = [order for _, _, order in self.index.find(self.torch.array(self.flow.values[number]), self.bound)]
            if orders and not any(order.plain for order in orders) and number not in self.units:
                return self.behind(number, departure)
        return ""

    def siblings(self, op: Any) -> list[Any]:
        """What the same forward does in the same way to other values: one line of code often does it to all (query, key and value split into heads)."""
        alike = [other for other in self.flow.ops if other is not op and other.name == op.name and other.path == op.path and op.path]
        return [other for other in alike if _plain(other.args) == _plain(op.args) and _plain(other.kwargs) == _plain(op.kwargs)]

    def progress(self, op: Any, after: dict[int, Any], changed: dict[int, Any], familiar: list[Any]) -> int:
        """How many further values the Keras run has under a trial, none of which was there without it."""
        count = 0
        for number, tensor in after.items():
            if number in changed and tensor is changed[number]:
                continue
            if not tensor.is_floating_point() or tensor.numel() <= 1 or any(t is tensor for t in familiar):
                continue
            producer = self.flow.producers.get(number)
            if producer is not None and producer is not op and producer.name in MOVING:  # found in any order of axes: no evidence
                continue
            if op.name in MOVING and number in op.outputs:
                continue
            array = self.torch.array(tensor)
            if any(t.numel() == tensor.numel() and matching(self.torch.array(t), array) is not None for t in familiar if t.is_floating_point()):
                continue
            if any(not seen.forced for _, seen, _ in self.index.find(array, self.bound)) and not self.is_torchs(array):
                count += 1
        return count

    def is_torchs(self, array: np.ndarray) -> bool:
        """Whether torch itself has this value somewhere: then that Keras has it says nothing of a trial."""
        if self.own is None:
            self.own = Index()
            for value in self.flow.values:
                if value.is_floating_point() and value.numel() > 1:
                    self.own.add(self.torch.array(value), None)
        return next(self.own.find(array), None) is not None

    def replayed(self, op: Any, function: Any, goal: int, changed: dict[int, Any], siblings: Sequence[Any] = ()) -> dict[int, Any] | None:
        """All values that follow from another function in the place of an operation (and of its siblings), up to a value; None where it does not fit."""
        from parity.frameworks.torch_tracing import replay

        after = dict(changed)
        last = self.flow.producers.get(goal)
        try:
            with self.torch.precision("float64"):
                made = replay(self.flow, op, changed, function)
                if not made or (len(made) < len(op.outputs) and op.name not in PAIRED):
                    return None
                after.update(zip(op.outputs, made, strict=False))
                touched = set(op.outputs)
                for earlier in siblings:
                    if earlier.index < op.index:
                        made = replay(self.flow, earlier, after, function)
                        after.update(zip(earlier.outputs, made, strict=False))
                        touched |= set(earlier.outputs)
                for later in self.flow.ops[min([op.index, *[o.index for o in siblings]]) + 1 : (last.index if last is not None else op.index) + 1]:
                    sibling = later in siblings
                    if later is op:
                        continue
                    if sibling or (touched & set(later.inputs) and not any(n in self.units for n in later.outputs)):
                        made = replay(self.flow, later, after, function if sibling else None)
                        after.update(zip(later.outputs, made, strict=False))
                        touched |= set(later.outputs)
        except Exception:  # a trial that does not fit says nothing
            return None
        return after

    def extra(self, departure: Departure, changed: dict[int, Any]) -> Finding:
        """Keras has torch's value, and then does something more with it."""
        op = self.flow.producers.get(departure.number)
        layer = self.behind(departure.number, departure)
        at_output = departure.layer == "output"
        made_by_code = at_output and departure.number not in self.units and op is not None
        if departure.layer in self.joining or departure.pads or made_by_code or (not at_output and self.used_elsewhere(departure)):
            layer = departure.layer
        theirs = self.keras_says(departure)
        found = self.rewired(departure) or self.relation(departure, changed) or self.otherwise(departure, changed)
        if found is None and self.bound < ROUNDED:
            return self.rounded(layer, departure, "nothing")
        instead = self.best_trial(op, [self.value(i, changed) for i in op.inputs], departure, changed, whole=True) if found is None and op is not None else None
        if instead is not None:
            trial = instead[1]
            return Finding(self.place(op, departure), self.keras_layer(departure), trial.cause, f"Keras uses {trial.says}{theirs}", trial.fix, True)
        if found is not None and (found[0] in {"input-rewired", "reduction-other"} or (found[0] == "axes-order" and departure.layer != "output")):
            return Finding(departure.layer, self.keras_layer(departure), *found, True)
        told = Finding(layer, self.keras_layer(departure), "code-extra", f"the Keras side does more with torch's value{theirs}", "remove it")
        if found is not None:
            told = Finding(layer, self.keras_layer(departure), found[0], f"{found[1]}, on what torch hands on{theirs}", found[2], True)
        return self.has_more(departure, told, changed)

    def other_input(self, departure: Departure) -> Finding:
        place = next((i for i, n in enumerate(self.flow.inputs) if not self.explained(n, {})), 0)
        return Finding(
            "input", "", "input-other", f"the Keras model is not given what torch is given as {self.session.names[place]}", "give both the same numbers"
        )


def _plain(arguments: Any) -> str:
    """Arguments without the tensors."""
    from parity.frameworks.torch_tracing import Ref, mapped

    return str(mapped(arguments, lambda item: "tensor" if isinstance(item, Ref) else item))
