"""Modules of torch that the Keras side goes past, or calls once more."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np

from parity.diagnosis.attributes import per_axis
from parity.diagnosis.findings import Finding
from parity.diagnosis.naming import activation_names
from parity.diagnosis.replaying import Replaying
from parity.diagnosis.walk import Departure

MOST = 24


class LeavingOut(Replaying):
    """The part of a `Locator` that tries torch's modules left out or called twice, from the largest to the smallest."""

    def left_out(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """A module that has a layer without counterpart: its input in the place of its output, whether Keras' value then comes out."""
        called = {id(point.match) for point in self.forced.checkpoints}
        idle = {match.torch.path for match in self.session.matching.matches if id(match) not in called and match.keras.kind != "raw"}
        lacking = {unit.path for unit in self.session.matching.open_torch} | idle
        around = [call for call in self.flow.calls if call.path and any(f"{path}.".startswith(f"{call.path}.") for path in lacking)]
        alike = [call for call in around if len(call.made) == len(call.inputs) == 1]
        for call in [call for call in alike if self.flow.values[call.inputs[0]].shape == self.flow.values[call.made[0]].shape][:MOST]:
            entered, left = call.inputs[0], call.made[0]
            after = self.followed(departure.number, {**changed, left: changed.get(entered, self.flow.values[entered])})
            if after and self.reached(departure, after, self.bound):
                return Finding(call.path, "", "layer-missing", f"nothing where torch has {call.path}", f"add {call.path}", True), after
        return None

    def before_padding(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """An activation left out before a pool: torch pads with what no maximum is, the Keras side with the zeros that the activation would have made so."""
        pool = next((later for later in self.flow.ops[op.index + 1 :] if set(op.outputs) & set(later.inputs)), None)
        module = next(
            (c.module for c in self.flow.calls if pool is not None and c.ops[0] <= pool.index < c.ops[1] and "MaxPool" in type(c.module).__name__), None
        )
        if pool is None or module is None or not module.padding or op.name.strip("_") not in activation_names() or len(op.inputs) != 1:
            return None
        plain = self.value(op.inputs[0], changed)
        pads = per_axis(module.padding, plain.dim() - 2)

        def padded(x: Any, *args: Any, **kwargs: Any) -> Any:
            own = copy(module)
            own.padding = 0
            return own(self.torch.plain(np.pad(self.torch.array(x), [(0, 0), (0, 0), *[(p, p) for p in pads]])))

        after = self.replayed(pool, padded, departure.number, {**changed, op.outputs[0]: plain})
        if after is None or not self.reached(departure, after, self.bound):
            return None
        says = f"nothing where torch applies {op.name.strip('_')}, and zeros around what is pooled{self.keras_says(departure)}"
        return Finding(
            self.place(op, departure), self.keras_layer(departure), "activation-missing", f"Keras has {says}", f"add {op.name.strip('_')}", True
        ), after

    def not_joined(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """A layer without counterpart whose output is joined to something: that something alone."""
        if not op.path or op.path not in {unit.path for unit in self.session.matching.open_torch}:
            return None
        joins = [later for later in self.flow.ops[op.index + 1 :] if set(op.outputs) & set(later.inputs)]
        for join in joins[:2]:
            inputs = [changed.get(i, self.flow.values[i]) for i in join.inputs]
            best = self.best_trial(join, [t for t in inputs if t.is_floating_point()], departure, changed)
            if best is not None:
                told = f"nothing where torch has {op.path}: {best[1].says}"
                return Finding(op.path, "", "layer-missing", told, f"add {op.path}", True), best[2]
        return None

    def repeated(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """A module that the Keras side calls again on what it gives."""
        from parity.frameworks.torch_tracing import replay

        for call in self.flow.calls if self.forced.again else ():
            alike = len(call.made) == 1 and len(call.inputs) == 1 and self.flow.values[call.inputs[0]].shape == self.flow.values[call.made[0]].shape
            if not alike or not call.path or not any(path == call.path or path.startswith(f"{call.path}.") for path in self.forced.again):
                continue
            twice = {call.inputs[0]: self.value(call.made[0], changed)}
            with self.torch.precision("float64"):
                for op in self.flow.ops[slice(*call.ops)]:
                    if twice.keys() & set(op.inputs):
                        twice.update(zip(op.outputs, replay(self.flow, op, twice), strict=False))
            after = self.followed(departure.number, {**changed, call.made[0]: twice[call.made[0]]})
            if after and self.reached(departure, after, self.bound):
                told = f"{call.path} is called again on its own output, where torch calls it once{self.keras_says(departure)}"
                return Finding(call.path, self.forced.again.get(call.path, ""), "layer-repeated", told, "call it once", True), after
        return None
