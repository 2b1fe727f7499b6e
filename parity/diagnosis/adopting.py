"""Keras' own value set in the place of an operation of torch's: where torch's code behind it then agrees, the operation is what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from parity.diagnosis.axes import View
from parity.diagnosis.findings import Finding
from parity.diagnosis.layouts import ROUNDED, Order, close
from parity.diagnosis.replaying import Replaying
from parity.diagnosis.walk import Departure

PROVISIONAL = frozenset({"constant-other", "scale-other"})  # confirmed only when all of torch's code behind it then agrees
PICKING = frozenset({"__getitem__", "embedding", "index_select", "gather", "take_along_dim"})
JOINING = frozenset({"cat", "concat", "concatenate"})


class Adopting(Replaying):
    """The part of a `Locator` that takes Keras' values over."""

    def adopt(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[str, str, str, dict[int, Any], np.ndarray, tuple[int, ...]] | None:
        """Keras' own value in the place of torch's: whether the rest of torch's code then gives what Keras has."""
        expected = self.torch.array(self.value(op.outputs[0], changed))
        for seen, theirs, axes in islice(self.instead(op, expected, changed), 24):
            after = self.replayed(op, lambda *a, t=theirs, **k: self.torch.plain(t), departure.number, changed)
            if after is None or close(theirs, expected, self.bound):
                continue
            cause, says, fix = self.told_apart(op, expected, theirs, seen)
            if cause in PROVISIONAL or self.reached(departure, after, self.bound) or self.progress_past(op, after, changed):
                return cause, says, fix, after, theirs, axes
        return None

    def instead(self, op: Any, expected: np.ndarray, changed: dict[int, Any]) -> Iterator[tuple[Any, np.ndarray, tuple[int, ...]]]:
        """Values that the Keras side may have in the place of an operation's: what it made of the same inputs, or rows of the same table."""
        for value in [self.value(i, changed) for i in op.inputs if self.floating(i)]:
            for _, source, order in list(self.index.find(self.torch.array(value), ROUNDED))[:2]:
                axes = order.axes if len(order.axes) == expected.ndim else tuple(range(expected.ndim))
                for seen in self.following(source):
                    if tuple(expected.shape[a] for a in axes) == seen.array.shape:
                        yield seen, Order(axes, seen.array.shape).undo(seen.array, expected.shape), axes
        for table in self.torch.parameters_taken(op) if op.name in PICKING else ():
            rows = self.torch.array(table).astype(np.float64)
            for seen in self.seen:
                if not seen.forced and seen.array.size == expected.size and seen.array.shape[-1:] == expected.shape[-1:] and np.isin(seen.array, rows).all():
                    yield seen, seen.array.reshape(expected.shape), tuple(range(expected.ndim))

    def taken_otherwise(self, op: Any, departure: Departure, changed: dict[int, Any]) -> tuple[Finding, dict[int, Any]] | None:
        """An operation that takes something else than torch's: what the Keras side made of one of its inputs, judged by itself."""
        from parity.frameworks.torch_tracing import numbers

        for number in [i for i in op.inputs if self.flow.values[i].is_floating_point()]:
            mine = self.torch.array(self.value(number, changed))
            for _, source, order in list(self.index.find(mine, ROUNDED))[:2]:
                for seen in self.following(source):
                    if seen.array.shape != order.shape or self.is_torchs(seen.array):
                        continue
                    theirs = np.ascontiguousarray(order.undo(seen.array, mine.shape))
                    after = self.followed(departure.number, {**changed, number: self.torch.plain(theirs)})
                    if not after or not self.reached(departure, after, self.bound):
                        continue
                    part = Departure(number, theirs, View(Order(tuple(range(mine.ndim)), mine.shape)), departure.layer)
                    found = self.walked(part, changed)
                    if len(found) == 1 and found[0].confirmed:
                        uses = [o for o in self.flow.ops if number in o.inputs]
                        alone = len(uses) == 1 and number not in numbers(self.flow.outputs) and found[0].cause == "activation-extra"
                        alone |= found[0].layer == "input" and bool(op.path)  # what one module makes of it
                        return (replace(found[0], layer=self.place(op, departure)) if alone else found[0]), after
        return None

    def following(self, source: Any) -> list[Any]:
        """What the Keras side made of a value, a few operations deep."""
        reached, found = {source.key}, []
        for seen in self.seen:
            if seen.step > source.step and not seen.forced and reached & set(seen.sources):
                reached.add(seen.key)
                found.append(seen)
                if len(found) >= 12:
                    break
        return found

    def progress_past(self, op: Any, after: dict[int, Any], changed: dict[int, Any]) -> bool:
        """Whether a value behind the operation itself is one that the Keras run has."""
        later = {n: t for n, t in after.items() if n not in op.outputs and n not in changed}
        return bool(self.progress(op, later, changed, [self.value(n, changed) for n in later]))

    @staticmethod
    def told_apart(op: Any, expected: np.ndarray, theirs: np.ndarray, seen: Any) -> tuple[str, str, str]:
        """How Keras' value differs from torch's, in words."""
        several = [tuple(a for a in range(expected.ndim) if a != one) for one in dict.fromkeys((1, expected.ndim - 1))] if expected.ndim > 1 else []
        several += [(0,)] if op.name.strip("_") in {"add", "sub", "iadd", "isub", "radd"} else []
        several = [axes for axes in several if np.prod([expected.shape[a] for a in axes]) > 1]  # values that differ along one axis alone
        shift = theirs - expected
        if np.ptp(shift) <= 1e-9 * max(1e-30, float(np.abs(shift).max())):
            return "constant-other", f"Keras adds another constant than torch's {op.name} ({float(shift.flat[0]):+.6g})", "use torch's constant"
        if any(np.allclose(np.ptp(shift, axis=axes), 0, atol=1e-9 * max(1e-30, float(np.abs(shift).max()))) for axes in several):
            return "constant-other", f"Keras adds other constants than torch's {op.name}", "use torch's constants"
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(expected != 0, theirs / expected, np.nan)
        if np.isfinite(ratio).any() and np.nanmax(ratio) - np.nanmin(ratio) <= 1e-7 * abs(np.nanmax(ratio)) and abs(np.nanmax(ratio) - 1) > 1e-6:
            return "scale-other", f"Keras has {float(np.nanmax(ratio)):.6g} times torch's {op.name}", "use torch's factor"
        if np.isfinite(ratio).all() and any(np.allclose(np.ptp(ratio, axis=axes), 0, atol=1e-7 * float(np.abs(ratio).max())) for axes in several):
            return "scale-other", f"Keras has other factors than torch's {op.name}", "use torch's factors"
        if op.name in PICKING and close(np.sort(theirs, axis=None), np.sort(expected, axis=None)):
            return "index-other", f"Keras takes torch's rows in another order than torch's {op.name}", "torch's index"
        if op.name in PICKING:
            return "index-other", f"Keras takes other rows than torch's {op.name}", "torch's index"
        return "operation-other", f"Keras computes {seen.what} where torch has {op.name}, and the rest agrees", f"use torch's {op.name}"

    def joined_otherwise(self, op: Any, theirs: np.ndarray, axes: tuple[int, ...], departure: Departure, changed: dict[int, Any]) -> Finding | None:
        """Of values joined side by side, the parts that are not torch's, each judged by itself, where it is the same with all."""
        if op.name not in JOINING or len(op.inputs) < 2:
            return None
        parts = [self.torch.array(self.value(i, changed)) for i in op.inputs]
        axis = op.kwargs.get("dim", op.args[1] if len(op.args) > 1 else 0)
        if sum(part.shape[axis] for part in parts) != theirs.shape[axis]:
            return None
        blocks = np.split(theirs, np.cumsum([part.shape[axis] for part in parts])[:-1], axis)
        other = [i for i, (mine, block) in enumerate(zip(parts, blocks, strict=True)) if mine.shape != block.shape or not close(block, mine)]
        found = []
        for i in other:
            order = Order(axes, tuple(blocks[i].shape[a] for a in axes))
            part = Departure(op.inputs[i], np.ascontiguousarray(order.apply(blocks[i])), View(order), departure.layer)
            found.append(self.walked(part, changed))
        told = {(f.layer, f.cause) for each in found for f in each}
        return found[0][0] if len(told) == 1 and all(f.confirmed for each in found for f in each) else None
