"""Activations that torch's code writes out, `x * torch.sigmoid(1.702 * x)`, where the Keras side has another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parity.diagnosis.findings import Finding
from parity.diagnosis.replaying import Replaying
from parity.diagnosis.walk import Departure


class Acting(Replaying):
    """The part of a `Locator` that tries one activation in the place of several operations."""

    def acting_otherwise(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """Another activation, or none, where torch computes one from what stands at its beginning."""
        from parity.frameworks.trials.activations import ACTIVATIONS

        for source, made, path in dict.fromkeys(self.acts(op, departure)):
            value = self.value(source, changed)
            for name, function in [("nothing", _nothing), *ACTIVATIONS.items()]:
                after = self.followed(departure.number, {**changed, made: function(value)})
                if after and self.reached(departure, after, self.bound):
                    cause = "activation-missing" if name == "nothing" else "activation-other"
                    says = f"Keras has {name} where torch computes an activation of its own{self.keras_says(departure)}"
                    return Finding(path or self.place(op, departure), self.keras_layer(departure), cause, says, "torch's activation", True), after
        return None

    def acts(self, op: Any, departure: Departure) -> Iterator[tuple[int, int, str]]:
        """Where an activation may begin and end: modules without weights around an operation, and products of a value with what is made of it alone."""
        for call in self.flow.calls:
            plain = call.path and not call.module.state_dict() and len(call.inputs) == len(call.made) == 1
            if plain and call.ops[0] <= op.index < call.ops[1] and self.flow.values[call.inputs[0]].shape == self.flow.values[call.made[0]].shape:
                yield call.inputs[0], call.made[0], call.path
        for number in self.between(op, departure):
            last = self.flow.producers[number]
            floats = [i for i in last.inputs if self.floating(i)]
            if last.name in {"mul", "__mul__", "__imul__"} and len(floats) == 2 and len(last.outputs) == 1:
                for one, other in (floats, floats[::-1]):
                    if self.follows(other, {one}) and self.flow.values[one].shape == self.flow.values[number].shape:
                        yield one, number, ""


def _nothing(x: Any) -> Any:
    return x
