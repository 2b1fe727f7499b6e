"""What turns a torch value into the Keras one that stands in its place, where that is one simple thing."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.diagnosis.axes import View
from parity.diagnosis.findings import Finding
from parity.diagnosis.forcing import Checkpoint
from parity.diagnosis.layouts import EQUAL, ROUNDED, Order, close, matching
from parity.diagnosis.naming import Departure, Naming


class Relating(Naming):
    """The comparisons of a `Locator`: equality at a checkpoint, and simple relations."""

    torch: Any
    bound: float  # of a trial's equality: tight for notes

    def reached(self, departure: Departure, changed: dict[int, Any], bound: float = EQUAL) -> bool:
        return self.same(self.torch.array(self.value(departure.number, changed)), departure, bound)

    @staticmethod
    def same(array: np.ndarray, departure: Departure, bound: float = EQUAL, only_so: bool = False) -> bool:
        """Whether a torch value is what the Keras side holds there; `only_so`: in the order of axes that is known, where one is."""
        if departure.pads and array.ndim == len(departure.pads) + 2:
            array = np.pad(array, [(0, 0), (0, 0), *[(p, p) for p in departure.pads]])
        view = departure.view
        if view is not None and array.size == departure.live.size and view.order.axes and len(view.order.axes) == array.ndim:
            try:
                if close(departure.live, view.apply(array), bound):
                    return True
            except ValueError:
                pass
        if only_so and view is not None and view.order.shape == departure.live.shape:
            return False
        return matching(array, departure.live, bound) is not None

    def relation(self, departure: Departure, changed: dict[int, Any]) -> tuple[str, str, str] | None:
        """What turns torch's value at the checkpoint into Keras', where that is one simple thing."""
        from parity.frameworks.trials import relations

        value = self.value(departure.number, changed)
        if not value.is_floating_point():
            return self.relation_of_integers(value, departure)
        for function, says, cause, fix in relations(value):
            try:
                array = self.torch.array(function(value))
            except Exception:
                continue
            if not close(array, self.torch.array(value)) and self.same(array, departure, self.bound, only_so=True):
                return cause, f"Keras has {says}", fix
        return self.scaled(departure, self.torch.array(value))

    def relation_of_integers(self, value: Any, departure: Departure) -> tuple[str, str, str] | None:
        """Ids: rolled, reversed, counted from another number."""
        mine, theirs = self.torch.array(value), departure.live
        if mine.shape != theirs.shape or mine.dtype.kind not in "iu":
            return None
        for axis in range(mine.ndim):
            for shift in (1, -1):
                if np.array_equal(np.roll(mine, shift, axis), theirs):
                    return "shifted", f"Keras has axis {axis} rolled by {shift}", "remove the shift"
            if np.array_equal(np.flip(mine, axis), theirs):
                return "flipped", f"Keras has axis {axis} reversed", "remove the reversal"
        if np.ptp(theirs.astype(np.int64) - mine) == 0:
            return "constant-other", f"Keras has ids that are {int(theirs.flat[0]) - int(mine.flat[0]):+d}", "use torch's ids"
        return None

    def inner(self, point: Checkpoint, i: int) -> Finding | None:
        """What reaches a part of a composite torch module (a further layer of a recurrence): its value is no operation's."""
        given, live = point.given[i], point.live[i]
        if live is None or live.shape != given.shape:
            return None
        path, where = point.match.torch.path, point.match.keras.name
        for parts in (2, 3):
            if given.shape[-1] % parts == 0 and given.shape[-1] > parts:
                blocks = np.split(given, parts, -1)
                if close(live, np.concatenate(blocks[::-1], -1), ROUNDED):
                    return Finding(path, where, "concat-order", "the directions are joined the other way round", "forward first, backward second", True)
                for told, merged in {"summed": sum(blocks), "averaged": sum(blocks) / parts, "multiplied": np.prod(blocks, 0)}.items():
                    if close(live, np.concatenate([merged] * parts, -1), ROUNDED):
                        return Finding(path, where, "bidir-merge", f"the directions are {told} where torch joins them", "merge_mode='concat'", True)
        for axis in range(given.ndim):
            if close(live, np.flip(given, axis), ROUNDED):
                return Finding(path, where, "flipped", f"axis {axis} is reversed before this layer", "remove the reversal", True)
        ratio = self.scaled(Departure(0, live, View(Order(tuple(range(given.ndim)), given.shape)), path), given)
        if ratio is not None:
            return Finding(path, where, ratio[0], ratio[1], ratio[2], True)
        return Finding(path, where, "", "what reaches this part of the module is not what torch's own layers hand on")

    @staticmethod
    def scaled(departure: Departure, value: np.ndarray) -> tuple[str, str, str] | None:
        """a·x, x + b, by least squares and then exactly."""
        if departure.view is None or departure.live.size != value.size or value.size < 2:
            return None
        mine, theirs = departure.view.apply(value).reshape(-1), departure.live.reshape(-1)
        if not np.isfinite(mine).all() or not np.isfinite(theirs).all() or not mine.any():
            return None
        factor = float(mine @ theirs / (mine @ mine))
        if close(theirs, factor * mine, 1e-9):
            return "scale-other", f"Keras has {factor:.6g} times", "use torch's factor"
        slope, shift = np.polyfit(mine, theirs, 1) if np.ptp(mine) > 0 else (0.0, 0.0)
        if close(theirs, slope * mine + shift, 1e-9):
            return "scale-other", f"Keras has {slope:.6g}·x + {shift:.6g} in place", "use torch's factor and shift"
        return None

    def padded_otherwise(self, departure: Departure, changed: dict[int, Any]) -> tuple[str, str, str] | None:
        """The Keras side pads before the layer, and not as torch does inside it."""
        value = self.torch.array(self.value(departure.number, changed))
        axes = (0, *range(2, value.ndim), 1) if value.ndim > 2 else tuple(range(value.ndim))
        live = departure.live
        if value.ndim < 3 or live.ndim != value.ndim:
            return None
        for order in (axes, tuple(range(value.ndim))):
            moved = value.transpose(order)
            more = [b - a for a, b in zip(moved.shape, live.shape, strict=True)]
            if min(more) < 0 or not any(more):
                continue
            for start in np.ndindex(*[n + 1 for n in more]):
                window = tuple(slice(s, s + n) for s, n in zip(start, moved.shape, strict=True))
                if close(live[window], moved):
                    sides = [(s, n - s) for s, n in zip(start, more, strict=True) if n]
                    told = (
                        f"Keras pads {sides} where torch pads {departure.pads} on both sides" if departure.pads else f"Keras pads {sides} where torch does not"
                    )
                    return "same-stride2", told, f"ZeroPadding{value.ndim - 2}D({departure.pads or 0})"
        return None
