"""What can be said of a departure where no trial brings Keras' value."""

from __future__ import annotations

from typing import Any

from parity.diagnosis.findings import Finding
from parity.diagnosis.layouts import ROUNDED
from parity.diagnosis.replaying import Replaying
from parity.diagnosis.units import NORMS
from parity.diagnosis.walk import Departure


class Unexplained(Replaying):
    """The part of a `Locator` that speaks when the trials are through."""

    def unexplained(self, op: Any, departure: Departure, changed: dict[int, Any]) -> Finding:
        """What can be said where no trial brings Keras' value."""
        layer, theirs = self.place(op, departure), self.keras_says(departure)
        relation = self.relation(departure, changed) or self.pooled_otherwise(departure) or self.shifted(departure, changed)
        if relation is not None:
            told = relation[1] if relation[0] == "reduction-other" else f"{relation[1]} of torch's value"
            return Finding(layer, self.keras_layer(departure), relation[0], f"{told}{theirs}", relation[2], True)
        near = self.near_miss(op.path)
        if near is not None:
            return near
        if self.bound < ROUNDED:
            return self.rounded(layer, departure, op.name)
        message = f"torch's {op.name} gives what the Keras side never has{theirs}"
        return Finding(layer, self.keras_layer(departure), "", message, snippet=self.snippet(op, changed))

    def near_miss(self, path: str) -> Finding | None:
        """A torch layer that nothing matches, and a Keras layer of its kind whose weights have another shape."""
        unit = next((u for u in self.session.matching.open_torch if u.path == path and path), None)
        others = self.session.matching.open_keras
        near = next((u for u in others if unit is not None and (u.kind == unit.kind or {u.kind, unit.kind} <= NORMS)), None)
        if unit is None or near is None:
            return None
        kinds = {"batch_norm": "bn-axis", "layer_norm": "ln-axes", "conv": "conv-groups", "attention": "mha-heads"}
        cause = kinds.get(near.kind, "axis-other")
        told = f"weights of shape {next(iter(near.shapes.values()))} where torch has {next(iter(unit.shapes.values()))}"
        axis = getattr(near.layer, "axis", None)
        return Finding(path, near.name, cause, f"{told}{f': axis={axis}' if axis is not None else ''}", "the axis (or groups, units) that torch's layer has")

    def rounded(self, layer: str, departure: Departure, name: str) -> Finding:
        """A difference of the size of float32's last digit, in a float64 run."""
        told = f"a constant is rounded to float32 where torch has {name}{self.keras_says(departure)}"
        return Finding(layer, self.keras_layer(departure), "float32-constant", told, "write the constant in the tensor's own type")
