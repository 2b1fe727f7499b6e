"""Torch's code replayed with one operation done otherwise, and what that brings of Keras' values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from parity.diagnosis.layouts import ROUNDED, Index, close, matching
from parity.diagnosis.naming import MOVING
from parity.diagnosis.relating import Relating
from parity.diagnosis.walk import Departure

WHOLE = 10**9  # values that a trial brings which brings the departed one
PAIRED = frozenset(["max", "min", "sort", "topk", "median", "mode", "kthvalue"])  # give places beside values
_FAMILIAR = 1e-13
REPLAYS = 60_000  # operations computed again in search of what one of torch's does otherwise: half a minute
NOTES = 6_000  # in search of what makes all the differences that float32 cannot see


class Replaying(Relating):
    """The part of a `Locator` that tries."""

    spent = 0  # of REPLAYS

    def best_trial(self, op: Any, tensors: list[Any], departure: Departure, changed: dict[int, Any], whole: bool = False) -> tuple[int, Any, Any] | None:
        """The trial after which torch has Keras' value at the checkpoint, else (unless `whole`) the one that gives most of Keras' values on the way there."""
        from parity.frameworks.trials import op_trials

        best: tuple[int, Any, Any] | None = None
        siblings = self.siblings(op)
        original = self.torch.array(self.value(op.outputs[0], changed))
        familiar = [self.value(n, changed) for n in (*op.inputs, *op.outputs)]
        for trial in op_trials(op, tensors):
            for together in ((), siblings) if siblings else ((),):
                if self.spent > (REPLAYS if self.bound >= ROUNDED else NOTES):
                    return best
                after = self.replayed(op, trial.function, departure.number, changed, together)
                if after is None:
                    continue
                made = self.torch.array(after[op.outputs[0]])
                if made.shape == original.shape and close(made, original, self.bound if self.bound >= ROUNDED else _FAMILIAR):
                    continue
                if made.dtype.kind == "f" and made.size > 1 and np.ptp(made) <= 1e-12 * np.abs(made).max() < np.ptp(original):
                    continue  # a constant would have explained it as well
                if self.reached(departure, after, self.bound):
                    return WHOLE, trial, after
                progress = 0 if whole else self.progress(op, after, changed, familiar)
                if progress and (best is None or progress > best[0]):
                    best = (progress, trial, after)
        return best

    def between(self, op: Any, departure: Departure) -> list[int]:
        """The values that torch's code makes of an operation's output on the way to the departed one, its own the last."""
        reached = set(op.outputs)
        found = [n for n in op.outputs if self.flow.values[n].is_floating_point()]
        last = self.flow.producers.get(departure.number)
        for later in self.flow.ops[op.index + 1 : (last.index if last is not None else op.index) + 1]:
            if reached & set(later.inputs) and not any(n in self.units for n in later.outputs):
                reached |= set(later.outputs)
                found += [n for n in later.outputs if self.flow.values[n].is_floating_point()]
        return found[::-1]

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
                        self.spent += 1
                        made = replay(self.flow, later, after, function if sibling else None)
                        after.update(zip(later.outputs, made, strict=False))
                        touched |= set(later.outputs)
        except Exception:  # a trial that does not fit says nothing
            return None
        return after


def _plain(arguments: Any) -> str:
    """Arguments without the tensors."""
    from parity.frameworks.torch_tracing import Ref, mapped

    return str(mapped(arguments, lambda item: "tensor" if isinstance(item, Ref) else item))
