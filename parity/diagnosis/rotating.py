"""Rotary position embeddings that the Keras side computes otherwise: other pairs, other angles."""

from __future__ import annotations

from typing import Any

from parity.diagnosis.findings import Finding
from parity.diagnosis.replaying import Replaying
from parity.diagnosis.walk import Departure


class Rotating(Replaying):
    """The part of a `Locator` that rotates queries and keys as ports do."""

    def rotated(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """Queries and keys rotated otherwise, together or one of them."""
        from parity.frameworks.trials.rotations import rotated_otherwise, rotation_of

        last = self.flow.producers.get(departure.number)
        ops = self.flow.ops[: (last.index if last is not None else -1) + 1]
        found = [rotation for other in ops if other.path == op.path and (rotation := rotation_of(self.flow, other)) is not None]
        for trials in zip(*(rotated_otherwise(rotation) for rotation in found), strict=False) if found else ():
            made = {rotation.op.outputs[0]: trial[3] for rotation, trial in zip(found, trials, strict=True)}
            for chosen in (made, *({number: value} for number, value in made.items())) if len(made) > 1 else (made,):
                after = self.followed(departure.number, {**changed, **chosen})
                if after and self.reached(departure, after, self.bound):
                    cause, says, fix, _ = trials[0]
                    layer = op.path or self.place(op, departure)
                    return Finding(layer, self.keras_layer(departure), cause, f"Keras has {says}{self.keras_says(departure)}", fix, True), after
        return None
