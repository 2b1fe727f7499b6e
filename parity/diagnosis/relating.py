"""What turns a torch value into the Keras one that stands in its place, where that is one simple thing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from parity.diagnosis.axes import View
from parity.diagnosis.findings import Finding
from parity.diagnosis.forcing import Checkpoint
from parity.diagnosis.layouts import EQUAL, ROUNDED, Order, close, matching
from parity.diagnosis.naming import Naming
from parity.diagnosis.states import RECURRENT
from parity.diagnosis.walk import Departure


class Relating(Naming):
    """The comparisons of a `Locator`: equality at a checkpoint, and simple relations."""

    def reached(self, departure: Departure, changed: dict[int, Any], bound: float = EQUAL) -> bool:
        return self.same(self.torch.array(self.value(departure.number, changed)), departure, bound)

    @staticmethod
    def same(array: np.ndarray, departure: Departure, bound: float = EQUAL, only_so: bool = False) -> bool:
        """Whether a torch value is what the Keras side holds there; `only_so`: in the order of axes that is known, where one is."""
        if departure.pads and array.ndim == len(departure.pads) + 2:
            array = np.pad(array, [(0, 0), (0, 0), *[(p, p) for p in departure.pads]], mode=departure.pad_mode)  # type: ignore[call-overload]
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
        array, inner = self.torch.array(value), unpadded(departure)
        return self.scaled(inner, array) or self.rearranged(inner, array)

    def shifted(self, departure: Departure, changed: dict[int, Any]) -> tuple[str, str, str] | None:
        """The numbers one or two places on, with something else at the free end."""
        value = self.torch.array(self.value(departure.number, changed))
        view, live = departure.view, departure.live
        if view is None or live.shape != view.order.shape or value.size != live.size:
            return None
        theirs = view.undo(live, value.shape)
        for axis in range(1, value.ndim):
            for by in range(1, min(3, value.shape[axis] - 2)):
                early, late = (np.take(value, range(value.shape[axis] - by), axis), np.take(value, range(by, value.shape[axis]), axis))
                behind, before = (np.take(theirs, range(by, value.shape[axis]), axis), np.take(theirs, range(value.shape[axis] - by), axis))
                if early.any() and close(behind, early):
                    return "shifted", f"Keras has axis {axis} (of torch's) moved on by {by}, and something else in front", "remove the shift"
                if late.any() and close(before, late):
                    return "shifted", f"Keras has axis {axis} (of torch's) moved back by {by}, and something else at the end", "remove the shift"
        return None

    def rearranged(self, departure: Departure, value: np.ndarray) -> tuple[str, str, str] | None:
        """The same numbers in other places, in each example alike."""
        view, live = departure.view, departure.live
        if view is None or live.shape != view.order.shape or value.size < 8 or value.size != live.size or len(value) < 1:
            return None
        mine, theirs = value.reshape(-1), view.undo(live, value.shape).reshape(-1)
        places, others = np.argsort(mine, kind="stable"), np.argsort(theirs, kind="stable")
        if close(theirs, mine, EQUAL) or not close(theirs[others], mine[places], EQUAL) or np.mean(np.diff(mine[places]) > 0) < 0.9:
            return None
        return "axes-order", "the same numbers in another order: axes were reshaped or moved otherwise", "reshape and transpose in torch's order of axes"

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
        if i and point.match.keras.kind in RECURRENT and not given.any():
            told = "starts from a state that it is given, where torch starts from zeros"
            return Finding(path, where, "rnn-initial-state", f"{where} {told}", "no initial_state", True)
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
        rate = self.other_rate(point, given, live)
        if rate is not None:
            told = f"a dropout rate of {rate:g} between the layers where torch has dropout={point.match.torch.layer.dropout:g}"
            return Finding(path, where, "dropout-rate", told, f"Dropout({point.match.torch.layer.dropout:g})", True)
        ratio = self.scaled(Departure(0, live, View(Order(tuple(range(given.ndim)), given.shape)), path), given)
        if ratio is not None:
            return Finding(path, where, ratio[0], ratio[1], ratio[2], True)
        return Finding(path, where, "", "what reaches this part of the module is not what torch's own layers hand on")

    @staticmethod
    def other_rate(point: Checkpoint, given: np.ndarray, live: np.ndarray) -> float | None:
        """The rate by which the Keras side scales what it keeps between two layers of a recurrence, under torch's mask."""
        kept = 1.0 - float(getattr(point.match.torch.layer, "dropout", 0.0)) if point.training else 1.0
        size = float(np.abs(live).sum())
        rate = round(1.0 - kept * float(np.abs(given).sum()) / size, 6) if size and kept < 1 else 0.0
        return rate if 0 < rate < 1 and close(live * (1 - rate), given * kept, ROUNDED) else None

    @staticmethod
    def scaled(departure: Departure, value: np.ndarray) -> tuple[str, str, str] | None:
        """a·x, x + b, by least squares and then exactly."""
        if departure.view is None or departure.live.size != value.size or value.size < 2:
            return None
        mine, theirs = departure.view.apply(value).reshape(-1), departure.live.reshape(-1)
        if not np.isfinite(mine).all() or not np.isfinite(theirs).all() or not mine.any():
            return None
        factor = float(mine @ theirs / (mine @ mine))
        if abs(factor - 1) <= 1e-6:  # rounding, and no factor that anybody wrote
            return None
        if close(theirs, factor * mine, 1e-9):
            return "scale-other", f"Keras has {factor:.6g} times", "use torch's factor"
        slope, shift = np.polyfit(mine, theirs, 1) if np.ptp(mine) > 0 else (0.0, 0.0)
        if close(theirs, slope * mine + shift, 1e-9):
            return "scale-other", f"Keras has {slope:.6g}·x + {shift:.6g} in place", "use torch's factor and shift"
        return None

    def otherwise(self, departure: Departure, changed: dict[int, Any]) -> tuple[str, str, str] | None:
        return (
            self.padded_otherwise(departure, changed)
            or self.cropped_otherwise(departure)
            or self.pooled_otherwise(departure)
            or self.shifted(departure, changed)
        )

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
                    outside = np.ones(live.shape, bool)
                    outside[window] = False
                    if not departure.pads and live[outside].any():  # more values, and no padding
                        continue
                    sides = [(s, n - s) for s, n in zip(start, more, strict=True) if n]
                    told = (
                        f"Keras pads {sides} where torch pads {departure.pads} on both sides" if departure.pads else f"Keras pads {sides} where torch does not"
                    )
                    if departure.pads and all(side == (p, p) for side, p in zip(sides, departure.pads, strict=False)):
                        return "pad-modes", f"Keras pads with other values than torch, which has mode {departure.pad_mode!r}", f"mode={departure.pad_mode!r}"
                    return "same-stride2", told, f"ZeroPadding{value.ndim - 2}D({departure.pads or 0})"
        return None

    def pooled_otherwise(self, departure: Departure) -> tuple[str, str, str] | None:
        """The Keras side has one layer's output reduced in another way, or reduced here already."""
        stack, seen = [departure.number], set[int]()
        while stack and len(seen) < 24:
            number = stack.pop(0)
            if number in seen:
                continue
            seen.add(number)
            value = self.flow.values[number]
            if value.is_floating_point() and value.dim() > 1 and value.numel() > departure.live.size > 1:
                array = self.torch.array(value)
                for axis in range(array.ndim):
                    for told, made in _reduced(array, axis):
                        if made.size == departure.live.size and self.same(made, departure, EQUAL, only_so=True):
                            source = self.behind(number, departure)
                            says = f"Keras has {told} over axis {axis} (of torch's) of what comes from {source}, before {departure.layer}"
                            return "reduction-other", says, "reduce where and as torch does"
            op = self.flow.producers.get(number)
            if op is not None:
                stack += op.outputs if number in self.units else [*op.outputs, *op.inputs]  # a recurrence gives its steps and its last state
        return None

    def cropped_otherwise(self, departure: Departure) -> tuple[str, str, str] | None:
        """The Keras side takes another part of what a layer gives than torch does."""
        live = departure.live
        for seen in reversed(self.seen):
            whole = seen.array
            if not seen.forced or whole.ndim != live.ndim or whole.size <= live.size or live.ndim < 3:
                continue
            more = [b - a for a, b in zip(live.shape, whole.shape, strict=True)]
            if min(more) < 0 or more[0] or max(more) > 16:
                continue
            for start in np.ndindex(*[n + 1 for n in more]):
                window = tuple(slice(s, s + n) for s, n in zip(start, live.shape, strict=True))
                if close(live, whole[window], EQUAL):
                    cut = tuple((s, n - s) for s, n in zip(start[1:-1], more[1:-1], strict=True))
                    return "convT-same", f"Keras crops {cut} of {seen.layer or 'a layer'}'s output, torch another part", "crop what torch's padding crops"
        return None


def unpadded(departure: Departure) -> Departure:
    """The departed value without what the Keras side pads before the layer."""
    view, live = departure.view, departure.live
    if not departure.pads or view is None or len(view.order.axes) != live.ndim:
        return departure
    sides = dict(zip(range(2, live.ndim), departure.pads, strict=False))
    window = tuple(slice(sides[axis], live.shape[i] - sides[axis]) if axis in sides else slice(None) for i, axis in enumerate(view.order.axes))
    inner = np.ascontiguousarray(live[window])
    return replace(departure, live=inner, view=View(Order(view.order.axes, inner.shape)), pads=())


def _reduced(array: np.ndarray, axis: int) -> Iterator[tuple[str, np.ndarray]]:
    for told in ("mean", "max", "sum", "min"):
        yield f"the {told}", getattr(array, told)(axis)
    for told, place in (("the first place", 0), ("the last place", -1)):
        yield told, array.take(place, axis)
