"""What is known to depart stays known: behind it the Keras side is judged on its own value, so that one fault is told once and hides no other.

A residual stream goes past the layers, so that forcing does not mend it. Here torch's side follows instead: where a checkpoint departed, torch's value is
set to what the Keras side holds there, and torch's code behind it is replayed from that.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.diagnosis.attributes import keras_mask, torch_masks
from parity.diagnosis.forcing import Checkpoint
from parity.diagnosis.walk import Departure, Walk


class Carrying(Walk):
    """The part of a `Locator` that remembers departed values."""

    def carry(self, departure: Departure) -> None:
        """From now on torch's value at this place is Keras' own."""
        mine = self.flow.values[departure.number]
        view = departure.view
        if view is None or departure.pads or not mine.is_floating_point() or departure.live.shape != view.order.shape:
            return
        array = view.undo(departure.live, tuple(mine.shape))
        if np.isfinite(array).all():
            self.carried[departure.number] = self.torch.plain(np.ascontiguousarray(array))

    def carry_changed(self, changed: dict[int, Any], ops: list[Any]) -> None:
        """From now on the operations that explained a departure make what they made then, and so do masks and places: elsewhere it is the same mistake."""
        made = {number for op in ops for number in op.outputs}
        self.carried |= {n: value for n, value in changed.items() if (n in made or not value.is_floating_point()) and n not in self.carried}

    def mask_follows(self, point: Checkpoint) -> bool:
        """Whether the mask of a Keras attention is what torch's would be by what was found before."""
        words, own = torch_masks(point), point.call_args[1].get("attention_mask")
        changed: dict[int, Any] = {}
        for word in words.values():
            changed |= self.followed(word.value) if hasattr(word, "value") else {}
        if not changed or own is None:
            return False
        array = self.session.keras.array
        try:
            mine, theirs = np.broadcast_arrays(array(keras_mask(self.session, point, words, changed)), array(own) > 0)
        except ValueError:  # of shapes that do not fit
            return False
        return bool(np.array_equal(mine, theirs))

    def follows(self, number: int, sources: set[int]) -> bool:
        """Whether a value is made of one of these by torch's code between layers."""
        stack, seen = [number], set[int]()
        while stack and sources:
            current = stack.pop()
            if current in sources:
                return True
            if current in seen or current in self.units:
                continue
            seen.add(current)
            op = self.flow.producers.get(current)
            stack += op.inputs if op is not None else []
        return False

    def followed(self, goal: int, start: dict[int, Any] | None = None) -> dict[int, Any]:
        """The carried values (or those of `start`), and those of torch's operations between them and a value; empty where it does not depend on them."""
        from parity.frameworks.torch_tracing import replay

        last = self.flow.producers.get(goal)
        given = self.carried if start is None else start
        if not given or (last is None and goal not in given):
            return {}
        after = dict(given)
        touched = set(after)
        try:
            with self.torch.precision("float64"):
                for op in self.flow.ops[: (last.index if last is not None else -1) + 1]:
                    if touched & set(op.inputs) and not any(n in self.units or n in given for n in op.outputs):
                        after.update(zip(op.outputs, replay(self.flow, op, after), strict=False))
                        touched |= set(op.outputs)
        except Exception:  # torch's code does not take the Keras side's value (an index, a size): judged on torch's own
            return {}
        return after if goal in after else {}
