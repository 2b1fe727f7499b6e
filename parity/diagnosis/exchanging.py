"""Two neighbours in the other order: a layer and an operation beside it. Found as one too many on the one side of the layer and one missing on the other."""

from __future__ import annotations

from typing import Any

from parity.diagnosis.findings import Finding
from parity.diagnosis.layouts import ROUNDED
from parity.diagnosis.replaying import Replaying
from parity.diagnosis.walk import Departure


class Exchanging(Replaying):
    """The part of a `Locator` that makes one finding of the two.

    `missing`: operation (by index) → the finding that says the Keras side lacks it there. `surplus`: operation → what says that it is done on the other side
    of the layer, and the layer. `merged`: findings that have become part of another.
    """

    def lacks(self, op: Any, finding: Finding) -> Finding:
        """A finding that an operation is missing, or of the exchange that it belongs to."""
        if op.index in self.surplus:
            other, layer = self.surplus.pop(op.index)
            self.merged.append(other)
            return self.exchange(op, layer, finding.keras_layer, "before", "behind")
        self.missing[op.index] = finding
        return finding

    def has_more(self, departure: Departure, finding: Finding, changed: dict[int, Any]) -> Finding:
        """A finding that something is done with a value that torch has not, or of the exchange that it belongs to."""
        for index, other in self.missing.items():  # left out at its place, done further on
            if departure.number in changed and self.makes(self.flow.ops[index], departure, value=changed[departure.number]):
                self.merged.append(other)
                says = f"Keras has {self.flow.ops[index].name.strip('_')} behind what torch does after it"
                return Finding(other.layer, finding.keras_layer, "operations-exchanged", says, "torch's order", True)
        for op in self.flow.ops:  # behind the layer that is fed in torch, before it in Keras
            if any(self.units.get(n) == departure.layer for n in op.inputs) and self.makes(op, departure, departure.layer):
                if departure.view is None:  # of another shape: the layer cannot be run, so that nothing will be found missing behind it
                    return self.exchange(op, departure.layer, finding.keras_layer, "before", "behind")
                self.surplus[op.index] = finding, departure.layer
                return finding
        source = self.units.get(departure.number)
        for index, other in self.missing.items() if source is not None else ():
            op = self.flow.ops[index]
            fed = any(c.path == source and set(op.outputs) & set(c.inputs) for c in self.flow.calls)
            if fed and self.makes(op, departure):
                self.merged.append(other)
                return self.exchange(op, str(source), finding.keras_layer, "behind", "before")
        return finding

    def done_later(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """What was left out at its place is done with what this operation takes."""
        from parity.frameworks.torch_tracing import replay

        for index, other in self.missing.items():
            late = self.flow.ops[index]
            for number in [i for i in op.inputs if i in self.flow.producers and self.floating(i)]:
                for place in [i for i in late.inputs if self.floating(i)]:
                    try:
                        made = replay(self.flow, late, {**changed, place: self.value(number, changed)})[0]
                    except Exception:  # it does not fit there
                        continue
                    if made.shape != self.flow.values[number].shape:
                        continue
                    after = self.replayed(self.flow.producers[number], lambda *_, m=made, **__: m, departure.number, changed)
                    if after is not None and self.reached(departure, after, self.bound):
                        self.merged.append(other)
                        says = f"Keras has {late.name.strip('_')} behind what torch does after it"
                        return Finding(other.layer, self.keras_layer(departure), "operations-exchanged", says, "torch's order", True), after
        return None

    def moved(self, findings: list[Finding]) -> list[Finding]:
        """One finding for a layer that stands elsewhere: before what it is behind in torch (a norm before its branch), or behind what it is before."""
        again = {path for path in self.exchanged if path}  # of a module that is called several times, each call shows it
        findings = [f for f in findings if not (f.layer in again and f.cause.endswith("-missing"))]
        for fed, takes, wants in self.wires:
            for layer, given, meant in self.wires:
                before, behind = takes == layer and wants == given, wants == layer and takes == meant
                ends = (meant, layer) if before else (layer, given)  # what takes, where torch takes the layer, what the layer is behind; or the other way round
                if fed == layer or not (before or behind) or not any(t == ends[0] or w == ends[1] for f, t, w in self.wires if f not in (fed, layer)):
                    continue
                told = f"Keras has {layer} before {fed}, torch behind {meant}" if before else f"Keras has {layer} behind {given}, torch before {fed}"
                gone = {fed, layer, *[other for other, *ends in self.wires if {meant if before else given, layer} == set(ends)]}
                kept = [f for f in findings if not (f.cause == "input-rewired" and f.layer in gone) and (f.confirmed or f.cause)]
                return [Finding(layer, "", "operations-exchanged", told, "torch's order", True), *kept]
        return findings

    def makes(self, op: Any, departure: Departure, unit: str = "", value: Any = None) -> bool:
        """Whether an operation, with the departed place's torch value for one of its inputs (that of a unit), gives what Keras has there."""
        from parity.frameworks.torch_tracing import replay

        value = self.flow.values[departure.number] if value is None else value
        for number in op.inputs:
            if self.flow.values[number].is_floating_point() and (not unit or self.units.get(number) == unit):
                try:
                    made = replay(self.flow, op, {**self.carried, number: value})
                except Exception:  # it does not fit there
                    continue
                if made and self.same(self.torch.array(made[0]), departure, ROUNDED, only_so=True):
                    return True
        return False

    def exchange(self, op: Any, layer: str, keras_layer: str, theirs: str, ours: str) -> Finding:
        name = op.name.strip("_")
        self.exchanged.add(op.path)
        return Finding(layer, keras_layer, "operations-exchanged", f"Keras has {name} {theirs} {layer}, torch {ours} it", f"{name} {ours} {layer}", True)
