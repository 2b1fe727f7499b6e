"""Faults in the code between layers: torch's operations are walked back from a value that departs to values that the Keras run provably has.

Values are found again *by value* (in float64, equal means equal). The earliest torch operation whose inputs Keras has and whose output it has not is the
fault; what the Keras side did instead is found by replaying torch's operations with that one changed until Keras' own value comes out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parity.diagnosis.acting import Acting
from parity.diagnosis.adopting import PROVISIONAL, Adopting
from parity.diagnosis.exchanging import Exchanging
from parity.diagnosis.findings import Finding
from parity.diagnosis.layouts import EQUAL, ROUNDED
from parity.diagnosis.leaving_out import LeavingOut
from parity.diagnosis.naming import MOVING, activation_names
from parity.diagnosis.replaying import WHOLE
from parity.diagnosis.rewiring import Rewiring
from parity.diagnosis.rotating import Rotating
from parity.diagnosis.unexplained import Unexplained
from parity.diagnosis.walk import Departure

MOST = 6  # faults before one checkpoint
PARTING = frozenset(["split", "chunk", "unbind", "tensor_split", "__getitem__", "select", "narrow"])
_COMPARED = ("lt", "le", "gt", "ge", "eq", "ne")
CASTS = frozenset(["to", "float", "double", "bool", "type", "__getitem__", "interpolate"])  # a mask is resized as a float
THROUGH = CASTS | MOVING | {"mul", "__mul__"}
CHOOSING = frozenset([*_COMPARED, *(f"__{name}__" for name in _COMPARED), "to", "float", "unsqueeze", "type"])


class Locator(Acting, Rewiring, Rotating, LeavingOut, Adopting, Exchanging, Unexplained):
    """Walks one torch flow against one forced Keras run."""

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
        before = len(self.done)
        if not changed and not all(self.explained(number, {}) for number in self.flow.inputs):
            finding, after = self.other_input(departure, changed)
            if after is not None:
                self.carried |= {number: after[number] for number in self.flow.inputs if number in after}
                return [finding]
        for _ in range(MOST):
            if self.reached(departure, changed, self.bound if changed else EQUAL):
                self.carry_changed(changed, self.done[before:])
                break
            op = self.fault(departure.number, changed)
            if op is None:
                told = self.extra(departure, changed)
                findings.append(replace(told, layer=findings[-1].layer) if told.cause == "axes-order" and self.done[before:] else told)
                break
            if op == "input":
                finding, changed = self.other_input(departure, changed)
            else:
                finding, changed = self.try_op(op, departure, changed)
            earlier = [other for other in self.done[before:] if other is not op]
            if (
                op != "input"
                and finding.cause == "operation-other"
                and findings
                and earlier
                and any(self.follows(i, set(earlier[-1].outputs)) for i in op.inputs)
            ):
                finding = replace(finding, layer=findings[-1].layer)  # the rest of the same mistake
            findings.append(finding)
            if changed is None:
                return [replace(f, confirmed=False) if f.cause in PROVISIONAL else f for f in findings]
        return findings

    # Trials

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

    def choosers(self, op: Any) -> list[Any]:
        """What makes the masks and places (values that are no floats) that an operation takes; they are found on neither side by value."""
        found: list[Any] = []
        stack, seen = list(op.inputs), set[int]()
        while stack and len(found) < 8:
            number = stack.pop(0)
            maker = self.flow.producers.get(number) if number not in self.units and number not in seen else None
            seen.add(number)
            if maker is None:
                continue
            if not self.floating(number) or maker.name in CASTS:
                found.append(maker)
            if not self.floating(number) or maker.name in THROUGH:
                stack += maker.inputs
        return found

    def constant_makers(self, op: Any) -> list[Any]:
        """What makes the constants that an operation takes, the last first."""
        found: list[Any] = []
        stack = [i for i in op.inputs if self.constant(i)]
        while stack and len(found) < 8:
            maker = self.flow.producers.get(stack.pop(0))
            if maker is not None and maker not in found and maker.inputs:
                found.append(maker)
                stack += maker.inputs
        return found

    def try_op(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, Any]:
        """Why an operation's output is not in the Keras run, and torch's values with that changed: one change that explains all goes before one of a part."""
        exact = self.bound < ROUNDED
        self.spent = self.spent if exact else 0
        left = None if exact else self.done_later(op, departure, changed) or self.operand_left_out(op, departure, changed)
        if left is not None:
            return left
        inputs = [self.value(i, changed) for i in op.inputs]
        best = self.best_trial(op, [t for t in inputs if t.is_floating_point()] or inputs, departure, changed, whole=exact)
        by = op
        for mover in self.movers(op, changed) if best is None else ():
            best = best or self.best_trial(mover, [self.value(i, changed) for i in mover.inputs], departure, changed)
            by = mover if best is not None and by is op and mover.path and not op.path else by  # it stands in a module's forward
        if best is not None and best[0] == WHOLE:
            return (self.taken_otherwise(op, departure, changed) if best[1].before else None) or self.told_of(by, best, departure)
        for explain in () if exact else self.explanations():
            found = explain(op, departure, changed)
            if found is not None:
                return found
        if best is not None:
            return self.told_of(by, best, departure)
        for explain in () if exact else (self.taken_otherwise, self.made_otherwise):
            found = explain(op, departure, changed)
            if found is not None:
                return found
        return self.unexplained(op, departure, changed), None

    def explanations(self) -> tuple[Any, ...]:
        """What is tried where no change of the operation alone explains all."""
        modules = self.repeated, self.rotated, self.left_out, self.before_padding, self.not_joined
        values = self.wired_otherwise, self.given_otherwise, self.done_otherwise, self.acting_otherwise
        return *modules, *values

    def told_of(self, op: Any, best: tuple[int, Any, Any], departure: Departure) -> tuple[Finding, dict[int, Any]]:
        """What a trial says."""
        _, trial, after = best
        self.done.append(op)
        layer = (self.transposed(op, departure) if trial.cause == "operand-transposed" else "") or self.place(op, departure)
        if trial.cause == "pad-modes" and op.name.strip("_") in activation_names():  # of zeros, most activations make zeros
            layer = self.behind(op.inputs[0], departure)
        found = Finding(layer, self.keras_layer(departure), trial.cause, f"Keras has {trial.says}{self.keras_says(departure)}", trial.fix, True)
        found = self.told_again(op, found, departure)
        return self.lacks(op, found) if trial.cause.endswith("-missing") else found, after

    def done_otherwise(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """Another operation is changed, one that parts a value before this one or one that comes behind: the Keras side may do them in another order."""
        behind = [self.flow.producers[n] for n in self.between(op, departure)]
        later = [other for other in dict.fromkeys(behind[::-1]) if other is not op and other.name not in MOVING][:8]
        for near in dict.fromkeys((*self.movers(op, changed, PARTING | CHOOSING), *self.choosers(op), *later, *self.constant_makers(op))):
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
        return part or self.told_again(op, told, departure), after

    def told_again(self, op: Any, finding: Finding, departure: Departure) -> Finding:
        """Of one operation whose parts go to several layers: what explains the last of them explains it whole, and belongs to the module it stands in."""
        number, earlier = self.accounts.get(op.index, (departure.number, finding))
        if number != departure.number and earlier.layer != finding.layer:
            self.merged.append(earlier)
            finding = replace(finding, layer=op.path or finding.layer)
        self.accounts[op.index] = departure.number, finding
        return finding

    def transposed(self, op: Any, departure: Departure) -> str:
        """Where an operand comes from that the Keras side has transposed from the start; "": it is transposed for this product only."""
        for number in op.inputs:
            orders = [order for _, _, order in self.index.find(self.torch.array(self.flow.values[number]), self.bound)]
            if orders and not any(order.plain for order in orders) and number not in self.units:
                return self.behind(number, departure)
        return ""

    def extra(self, departure: Departure, changed: dict[int, Any]) -> Finding:
        """Keras has torch's value, and then does something more with it."""
        again = self.repeated(None, departure, changed)
        if again is not None:
            return again[0]
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
        if found is not None and found[0] == "input-rewired" and self.wires[-1] == (departure.layer, "input", "input"):
            return Finding("input", self.keras_layer(departure), *found, True)
        if found is not None and found[0] == "input-rewired" and self.unused(departure.number):
            return Finding(self.units[departure.number], self.keras_layer(departure), *found, True)
        if found is not None and (found[0] in {"input-rewired", "reduction-other"} or (found[0] == "axes-order" and departure.layer != "output")):
            return Finding(departure.layer, self.keras_layer(departure), *found, True)
        told = Finding(layer, self.keras_layer(departure), "code-extra", f"the Keras side does more with torch's value{theirs}", "remove it")
        if found is not None:
            told = Finding(layer, self.keras_layer(departure), found[0], f"{found[1]}, on what torch hands on{theirs}", found[2], True)
        return self.has_more(departure, told, changed)

    def other_input(self, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, Any]:
        """The Keras model is given something else; confirmed where torch given the same has Keras' value."""
        number = next((n for n in self.flow.inputs if not self.explained(n, changed)), self.flow.inputs[0])
        name, theirs = self.session.names[self.flow.inputs.index(number)], self.given_to_keras(number)
        found = Finding("input", "", "input-other", f"the Keras model is not given what torch is given as {name}", "give both the same numbers")
        after = self.followed(departure.number, {**changed, number: self.torch.plain(theirs)}) if theirs is not None else {}
        if not after or not self.reached(departure, after, self.bound):
            return found, None
        return replace(found, confirmed=True), after
