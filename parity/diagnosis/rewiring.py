"""The Keras side uses another of torch's values than torch does, or leaves one of two out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

from parity.diagnosis.findings import Finding
from parity.diagnosis.layouts import EQUAL, ROUNDED, squeezed
from parity.diagnosis.naming import activation_names
from parity.diagnosis.replaying import Replaying
from parity.diagnosis.walk import Departure

MOST, ELEMENTS = 400, 10**8  # replays; fewer of large values: so many numbers in all
REDUCING = frozenset(["mean", "sum", "amax", "adaptive_avg_pool2d", "adaptive_avg_pool1d", "adaptive_max_pool2d", "adaptive_max_pool1d"])
ARITHMETIC = dict.fromkeys(("mul", "div", "truediv", "true_divide"), "scale-missing") | {"add": "residual-missing", "sub": "operand-missing"}


class Rewiring(Replaying):
    """The part of a `Locator` that tries torch's values in each other's place."""

    def rewired(self, departure: Departure) -> tuple[str, str, str] | None:
        """The Keras side uses another of torch's values here."""
        wanted = self.flow.values[departure.number]
        size = wanted.numel() if departure.pads else departure.live.size  # what is padded before the layer is part of the Keras value
        for number, value in enumerate(self.flow.values):
            if number == departure.number or not value.is_floating_point() or value.numel() != size or value.numel() < 2:
                continue
            if squeezed(value.shape) == squeezed(wanted.shape):
                value = value.reshape(wanted.shape)
            if self.same(self.torch.array(value), departure, EQUAL, only_so=True):
                source, place = self.behind(number, departure), self.behind(departure.number, departure)
                self.wires.append((departure.layer, source, place))
                told = f"Keras takes what comes from {source} where torch takes what comes from {place}"
                if source == place:
                    told = f"Keras takes another value than torch of those that come from {source}"
                return "input-rewired", told, f"feed it what comes from {place}"
        return None

    def unused(self, number: int) -> bool:
        """Whether the Keras side makes what a torch layer hands on, and takes it nowhere."""
        if number not in self.units:
            return False
        made = {seen.key for _, seen, _ in self.index.find(self.torch.array(self.flow.values[number]), ROUNDED) if seen.forced}
        return bool(made) and not any(made & set(seen.sources) for seen in self.seen)

    def swapped_in(self, number: int, other: int, departure: Departure, changed: dict[int, Any]) -> dict[int, Any] | None:
        """All values with one of torch's in another's place, if the departed one is then Keras'."""
        theirs, mine = changed.get(other, self.flow.values[other]), self.flow.values[number]
        theirs = theirs.reshape(mine.shape) if theirs.numel() == mine.numel() else theirs
        after = self.followed(departure.number, {**changed, number: theirs})
        return after if after and self.reached(departure, after, self.bound) else None

    def operand_left_out(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """What an operation's output is multiplied with or added to, alone: that is simpler than another operation in its place."""
        for later in self.flow.ops[op.index + 1 :]:
            cause = ARITHMETIC.get(later.name.strip("_").removeprefix("r").removeprefix("i"))
            if cause is None or not set(op.outputs) & set(later.inputs) or len(later.inputs) < 2:
                continue
            for other in later.inputs:
                if other in op.outputs or self.flow.values[other].shape != self.flow.values[later.outputs[0]].shape:
                    continue
                after = self.swapped_in(later.outputs[0], other, departure, changed)
                if after is not None:
                    says = f"Keras has no {later.name.strip('_')} where torch has one{self.keras_says(departure)}"
                    return self.told(later, departure, cause, says, f"{later.name.strip('_')} both"), after
        return None

    def wired_otherwise(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """Another of torch's values in the place of one between an operation and the departed value."""
        tried = 0
        for number in (*self.between(op, departure), *[i for i in op.inputs if self.flow.values[i].is_floating_point()]):
            mine = self.flow.values[number]
            for other in self.alike(mine, op.name in REDUCING and number in op.inputs):
                if other == number or tried >= min(MOST, 8 + ELEMENTS // mine.numel()):
                    continue
                tried += 1
                after = self.swapped_in(number, other, departure, changed)
                if after is None:
                    continue
                source = self.behind(other, departure)
                wanted = op if number in op.inputs else self.flow.producers[number]
                named = f"its {wanted.name} makes" if wanted is not op or number not in op.inputs else f"comes from {self.behind(number, departure)}"
                says = f"Keras takes what comes from {source} where torch takes what {named}{self.keras_says(departure)}"
                if wanted.path in {unit.path for unit in self.session.matching.open_torch} - {""}:
                    told = f"nothing where torch has {wanted.path}: what comes from {source} goes on{self.keras_says(departure)}"
                    return Finding(wanted.path, self.keras_layer(departure), "layer-missing", told, f"add {wanted.path}", True), after
                self.wires.append((self.place(wanted, departure), source, self.behind(number, departure)))
                found = self.told(wanted, departure, "input-rewired", says, f"take what {named} in torch")
                if number == departure.number and wanted.name.strip("_") in activation_names() and departure.layer != "output":  # told where it is taken
                    return replace(found, layer=departure.layer), after
                fed = [c.path for c in self.flow.calls if c.path and number in c.inputs and c.ops[0] <= op.index < c.ops[1]]
                return (replace(found, layer=fed[0]) if fed and number in op.inputs else found), after
        return None

    def given_otherwise(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """Two arguments of a module, or of an operation, in each other's place."""
        calls = [c for c in self.flow.calls if c.path and c.ops[0] <= op.index < c.ops[1]]
        joins = [o for o in self.flow.ops[op.index + 1 : op.index + 9] if set(o.inputs) & set(op.outputs) and len(o.inputs) > 1][:1]  # a gate and what it gates
        gated = [([*op.inputs, *[i for i in join.inputs if i not in op.outputs]], "", f"{op.name} and {join.name}") for join in joins]
        for numbers, path, name in [(op.inputs, "", op.name), *gated, *[(c.inputs, c.path, c.path) for c in calls]]:
            floats = [n for n in dict.fromkeys(numbers) if self.flow.values[n].is_floating_point() and self.flow.values[n].numel() > 1]
            for one, other in combinations(floats[:6], 2):
                if self.flow.values[one].shape != self.flow.values[other].shape:
                    continue
                start = {**changed, one: changed.get(other, self.flow.values[other]), other: changed.get(one, self.flow.values[one])}
                after = self.followed(departure.number, start)
                if after and self.reached(departure, after, self.bound):
                    told = f"Keras has two arguments of torch's {name} exchanged{self.keras_says(departure)}"
                    found = Finding(path or self.place(op, departure), self.keras_layer(departure), "operand-order", told, "torch's order", True)
                    return found, after
        return None

    def alike(self, value: Any, reduced: bool = False) -> Iterator[int]:
        """Torch's values of the same shape (but for axes of space, where these are reduced), each number once."""
        kept: set[Any] = set()

        def shape(tensor: Any) -> tuple[int, ...]:
            return (*tensor.shape[:2], tensor.dim()) if reduced and tensor.dim() > 2 else squeezed(tensor.shape)

        for number, other in enumerate(self.flow.values):
            if shape(other) != shape(value) or not other.is_floating_point() or other.numel() < 2:
                continue
            mark = (*other.shape, *other.reshape(-1)[:16].tolist(), *other.reshape(-1)[-16:].tolist())
            if mark not in kept:
                kept.add(mark)
                yield number

    def told(self, op: Any, departure: Departure, cause: str, says: str, fix: str) -> Finding:
        return Finding(self.place(op, departure), self.keras_layer(departure), cause, says, fix, True)
