"""The teacher-forced run: every matched Keras layer is judged on torch's recorded input and hands on torch's recorded output, so that nothing accumulates.

At each matched layer (a) its live input is compared with torch's (the code between layers), (b) the layer itself runs on torch's input and its output is
compared with torch's (inside the layer), (c) torch's output goes on. In the first run, layers that names and shapes left open are matched by what they are fed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from parity.diagnosis.assigning import Assigning, Restart
from parity.diagnosis.axes import CHANNEL_KINDS, View, before_padding, cropped_as, cut_by_torch, linear_activation, padded_as
from parity.diagnosis.facing import Facing
from parity.diagnosis.layouts import Order, matching, orders, standing
from parity.diagnosis.matching import Match, Matching
from parity.diagnosis.states import at, given_states, masked_as, put, tensor_places, with_states
from parity.diagnosis.units import Unit
from parity.spilling import release, spilled


@dataclass(eq=False)
class Checkpoint:
    """One call of one matched layer in a forced run; arrays in torch's layout."""

    match: Match
    last: Match  # of a Keras layer that holds several torch modules (separable convolutions): the last of them
    call: Any  # UnitCall of `match`
    final: Any  # UnitCall of `last`
    index: int
    live: list[np.ndarray | None]  # what reached the layer, a tensor input each; None: its shape fits nothing
    given: list[np.ndarray]
    views: list[View | None]
    actual: dict[str, np.ndarray]  # output → what the layer made of torch's input
    expected: dict[str, np.ndarray]
    out_views: dict[str, View]
    raw_inputs: list[Any] = field(default_factory=list)  # Keras tensors: live
    shapes: tuple[tuple[int, ...], tuple[int, ...]] | None = None  # an output whose shape fits nothing: torch's, Keras'
    error: str = ""
    call_args: tuple[Any, Any] = ((), {})  # what the layer was called with, after replacing
    training: bool = False
    window: Any = None  # the part of torch's output that the Keras layer gives
    turned: bool = False  # a backward direction that the Keras side feeds a sequence turned round
    outer: tuple[int, ...] = ()  # what torch's code pads before the module (the last axis first, as F.pad) and the Keras layer by itself
    pads: tuple[int, ...] = ()  # what torch pads inside the module and the Keras side before the layer: it is part of `given`

    @property
    def name(self) -> str:
        return self.match.torch.name


def mark(tensor: Any) -> int:
    """A number that is this tensor's alone: TensorFlow's, which outlives the tensor, else its id while it lives."""
    return getattr(tensor, "_id", None) or id(tensor)


@dataclass(eq=False)
class Seen:
    """A value that appeared on the Keras side: by which operation or layer, and where."""

    array: np.ndarray
    what: str
    layer: str
    step: int
    forced: bool = False
    sources: tuple[int, ...] = ()  # marks of the tensors it was made from
    key: int = 0


@dataclass(eq=False)
class Forced:
    """What a forced run found."""

    checkpoints: list[Checkpoint] = field(default_factory=list)
    outputs: Any = None
    seen: list[Seen] = field(default_factory=list)
    held: list[Any] = field(default_factory=list)  # tensors kept alive, so that ids stay theirs
    unmatched: list[Unit] = field(default_factory=list)  # Keras units that were called and match nothing
    reused: list[tuple[str, str]] = field(default_factory=list)  # torch's path, and the Keras layer that is called again in its place
    again: dict[str, str] = field(default_factory=dict)  # torch's path → the Keras layer that is called once more, on something else than torch's
    after: dict[int, np.ndarray] = field(default_factory=dict)  # buffers after a training run, by the variable's id


class Forcing(Assigning, Facing):
    """Runs a Keras model under a matching.

    Args:
        keras, torch: the adapters.
        calls: torch unit (by id) → its calls in this precision.
        state: torch's weights by name.
        transfers: whether the Keras model gets them; else it keeps its own.
        views: those of an earlier run, by (torch unit, call, input): a second precision uses the same.
    """

    def __init__(
        self, keras: Any, torch: Any, matching: Matching, calls: Mapping[int, list[Any]], flow: Any, state: Mapping[str, np.ndarray], transfers: bool
    ) -> None:
        self.keras, self.torch, self.matching, self.calls, self.flow = keras, torch, matching, calls, flow
        self.known, self.state = state, state if transfers else None
        self.by_layer: dict[int, list[Unit]] = {}
        for unit in matching.keras_units:
            self.by_layer.setdefault(id(unit.layer), []).append(unit)
        self.used: dict[int, set[int]] = {}
        self.failed = False
        self.views: dict[tuple[int, int, str], View | None] = {}
        self.found = Forced()
        self.inside = 0
        self.stack: list[str] = []
        self.cursor = 0
        self.recording = False  # whether every operation is wanted, and what layers were called with
        self.spread: list[tuple[int, tuple[int, ...], int]] = []  # flattens: step, shape before, features after
        for match in list(matching.matches):
            before = match.folded
            self.fold(match)
            if match.folded is not before and self.state is not None:
                self.fill(match)
        self.sequence = {id(unit): place for place, unit in enumerate(self._in_order())}

    def _in_order(self) -> list[Unit]:
        """Torch's units by their first call."""
        places = {id(call): i for i, call in enumerate(self.flow.calls)}
        return sorted(self.matching.torch_units, key=lambda u: min((places[id(c.call)] for c in self.calls.get(id(u), ())), default=len(places)))

    # Running

    def run(self, call: Any, record_ops: bool = False) -> Forced:
        """Runs `call()`, which calls the model, with every layer under control."""
        from parity.frameworks.keras_tracing import watched

        for _ in range(1 + len(self.matching.keras_units)):
            self.used, self.inside, self.found, self.stack, self.recording = {}, 0, Forced(), [], record_ops
            try:
                with watched(self.on_layer, self.on_op if record_ops else self.on_flatten):
                    self.found.outputs = call()
                break
            except Restart:
                continue
        self.found.unmatched = [u for u in self.found.unmatched if self.matching.of_keras(u) is None]
        return self.found

    def on_flatten(self, op: str, inputs: list[Any], outputs: list[Any]) -> None:
        """Keeps the shapes of flattens only."""
        if op == "Reshape" and outputs and len(outputs[0].shape) >= 2 and len(inputs[0].shape) > len(outputs[0].shape):
            self.spread.append((len(self.found.seen), tuple(inputs[0].shape), int(outputs[0].shape[-1])))

    def on_op(self, op: str, inputs: list[Any], outputs: list[Any]) -> None:
        self.on_flatten(op, inputs, outputs)
        if self.inside:
            return
        for tensor in outputs:
            if hasattr(tensor, "dtype") and getattr(tensor.dtype, "is_floating", False) and tensor.shape.rank is not None:
                self.see(tensor, op, sources=tuple(map(mark, inputs)))

    def see(self, tensor: Any, what: str, forced: bool = False, sources: tuple[int, ...] = ()) -> None:
        if not self.recording:
            return
        array = spilled(self.keras.array(tensor))
        if array.dtype.kind == "f" and array.size > 1:
            if mark(tensor) == id(tensor):
                self.found.held.append(tensor)
            self.found.seen.append(Seen(array, what, self.stack[-1] if self.stack else "", len(self.found.seen), forced, sources, mark(tensor)))

    def on_layer(self, layer: Any, args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Any) -> Any:
        units = self.by_layer.get(id(layer), [])
        if not self.inside and not units and type(layer).__name__ == "TimeDistributed" and self.at_once(layer, args):
            return self.keras.steps_at_once(layer, args[0], kwargs)
        if self.inside or not units or all(unit.kind == "raw" for unit in units):
            self.stack.append(layer.name)
            try:
                out = proceed(*args, **kwargs)
            finally:
                self.stack.pop()
            if not self.inside and self.keras.is_tensor(out) and not self.is_model_like(layer):
                self.see(out, type(layer).__name__)
            return out
        return self.force(layer, units, args, kwargs, proceed)

    @staticmethod
    def is_model_like(layer: Any) -> bool:
        return bool(getattr(layer, "_layers", None))

    def live(self, proceed: Any, args: Any, kwargs: Any) -> Any:
        self.inside += 1
        try:
            return proceed(*args, **kwargs)
        finally:
            self.inside -= 1

    @staticmethod
    def time_axis(match: Match) -> int:
        return 1 if getattr(match.torch.layer, "batch_first", False) else 0

    # One layer

    def force(self, layer: Any, units: list[Unit], args: tuple[Any, ...], kwargs: dict[str, Any], proceed: Any) -> Any:
        places = tensor_places(layer, units[0].kind, args, kwargs, self.keras.is_tensor)
        live = [self.keras.array(at(p, args, kwargs)) for p in places]
        for unit in units:
            if self.matching.of_keras(unit) is None:
                self.assign(unit, live)
        matches = [m for m in map(self.matching.of_keras, units) if m is not None]
        if not matches:
            self.found.unmatched += units
            return self.live(proceed, args, kwargs)
        first, last = matches[0], matches[-1]
        again = self.called_again(first, live)
        if again is not None:
            self.found.reused.append((again[0].path, first.keras.name or layer.name))
            return self.replaced(self.live(proceed, args, kwargs), self.torch.shared(next(iter(again[1].made.values()))))
        if self.once_more(first, live):
            self.found.again[first.torch.path] = first.keras.name
            return self.live(proceed, args, kwargs)
        index = self.which(first, live)
        calls, ends = self.calls.get(id(first.torch), []), self.calls.get(id(last.torch), [])
        if index is None or index >= len(ends):
            return self.live(proceed, args, kwargs)
        call, final = calls[index], ends[index]
        if first.folded is not None:
            final = self.folded_call(first, index) or final
        if first.patch is not None:
            return self.force_patches(first, layer, call, live, args, kwargs, proceed)
        outer = before_padding(first, call, self.flow, live, layer)
        if outer is not None:
            call = replace(call, entered=(outer[0],), given=(self.flow.values[outer[0]],))
        new_args, new_kwargs, states = with_states(layer, first.keras.kind, args, kwargs, call, self.keras)
        live += [self.keras.array(at(p, new_args, new_kwargs)) for p in states]
        places += states
        recorded = given_states([self.torch.shared(t) for t in call.given[: len(live)]], live)
        given, pads, window = padded_as(first, recorded, live, layer)
        given = [array if any(array is r for r in recorded) else spilled(array) for array in given]
        turned = first.torch.part.endswith("_reverse") and bool(live) and matching(np.flip(given[0], self.time_axis(first)), live[0]) is not None
        given = [np.flip(given[0], self.time_axis(first)), *given[1:]] if turned else given
        self.find_seam(first, call, given, live)
        if first.torch.kind in CHANNEL_KINDS and live:
            self.find_unflattened(first, call, given[0], live[0])
        raw = [at(p, new_args, new_kwargs) for p in places]
        views: list[View | None] = []
        point = Checkpoint(first, last, call, final, index, [], given, views, {}, {}, {})
        for i, (place, mine, theirs) in enumerate(zip(places, given, live, strict=False)):
            view = self.view(first, index, f"in{i}", mine, theirs, self.canonical_in(first, mine))
            views.append(view)
            forced = None if view is None else view.apply(mine)
            if forced is not None:
                tensor = self.keras.tensor(forced) if mine.dtype.kind == "f" else self.integers(forced, raw[i])
                put(place, masked_as(raw[i], tensor), new_args, new_kwargs)
            point.live.append(None if view is None or forced is None or view.order.shape != theirs.shape else self.as_lived(view, forced, mine, theirs))
        point.outer = outer[1] if outer is not None else ()
        point.pads, point.training, point.window, point.turned = pads, self.flow.training, window, turned
        if self.recording:
            point.raw_inputs = raw
            point.call_args = tuple(new_args), new_kwargs
        self.found.checkpoints.append(point)
        with linear_activation(layer, units[0].kind) as activation:
            out = self.live(proceed, new_args, new_kwargs)
        handed = self.hand_on(point, layer, out, activation)
        release()
        return handed

    @staticmethod
    def as_lived(view: View, forced: np.ndarray, mine: np.ndarray, theirs: np.ndarray) -> np.ndarray:
        """What Keras' layer would have got; mostly it is what torch's got, to the bit, and not kept twice."""
        return mine if np.array_equal(forced, theirs) else view.undo(spilled(theirs), mine.shape)

    def replaced(self, out: Any, expected: np.ndarray) -> Any:
        """A layer's one output with torch's numbers in it, where their shapes agree."""
        order = standing(expected, self.keras.array(out), None) if self.keras.is_tensor(out) else None
        return out if order is None else masked_as(out, self.keras.tensor(order.apply(expected)))

    def force_patches(self, match: Match, layer: Any, call: Any, live: list[np.ndarray], args: Any, kwargs: Any, proceed: Any) -> Any:
        """A dense layer over patches on the one side, a convolution on the other: judged on its own input, which is torch's in other shape."""
        patch, mine = match.patch, self.torch.array(call.given[0])
        assert patch is not None
        first, last = (mine, live[0]) if patch.torch_is_dense else (live[0], mine)
        channels_last = patch.torch_is_dense and getattr(layer, "data_format", "channels_last") == "channels_last"
        if patch.learn(first, np.moveaxis(last, -1, 1) if channels_last else last) and self.state is not None:
            self.fill(match)
        point = Checkpoint(match, match, call, call, 0, [], [mine], [None], {}, {}, {})
        point.training, point.call_args = self.flow.training, (args, kwargs)
        self.found.checkpoints.append(point)
        with linear_activation(layer, match.keras.kind) as activation:
            out = self.live(proceed, args, kwargs)
        return self.hand_on(point, layer, out, activation)

    def integers(self, array: np.ndarray, like: Any) -> Any:
        import_dtype = getattr(like, "dtype", None)
        return self.keras.engine.tensor(array.astype(str(import_dtype).replace("<dtype: '", "").replace("'>", "").replace("torch.", "")))

    def hand_on(self, point: Checkpoint, layer: Any, out: Any, activation: Any) -> Any:
        """Compares what the layer made with what torch's made, and passes torch's on in its place."""
        leaves = list(out) if isinstance(out, (tuple, list)) else [out]
        handed = []
        taken: set[str] = set()
        for leaf in leaves:
            if not self.keras.is_tensor(leaf):
                handed.append(leaf)
                continue
            actual = self.keras.array(leaf)
            if point.window is None:
                point.window = cut_by_torch(point, self.flow, layer, actual)
            name, expected, view = self.counterpart(point, layer, actual, taken)
            crop = cropped_as(point, layer, actual) if view is None and name else None
            if crop is not None:
                taken.add(name)
                handed.append(self.hand_on_cropped(point, layer, name, leaf, actual, crop, activation))
                continue
            if view is None or expected is None:
                if name:
                    point.shapes = (tuple(point.final.made[name].shape), actual.shape)
                handed.append(leaf if activation is None else activation(leaf))
                continue
            taken.add(name)
            view = View(view.order, point.match.out_seam) if point.match.out_seam and expected.ndim == 2 else view
            point.actual[name], point.expected[name], point.out_views[name] = view.undo(spilled(actual), expected.shape), expected, view
            tensor = self.keras.tensor(view.apply(expected))
            if activation is not None:
                self.see(tensor, "forced", forced=True)
                tensor = activation(tensor)
            handed.append(masked_as(leaf, tensor))
            self.stack.append(layer.name)
            self.see(tensor, "forced", forced=activation is None)
            self.stack.pop()
        return type(out)(handed) if isinstance(out, (tuple, list)) else handed[0]

    def hand_on_cropped(self, point: Checkpoint, layer: Any, name: str, leaf: Any, actual: np.ndarray, crop: tuple[Any, ...], activation: Any) -> Any:
        """A transposed convolution whose border the Keras side cuts off afterwards: torch's output stands in the middle of Keras'."""
        expected = self.torch.shared(point.final.made[name])
        axes = self.canonical_in(point.match, expected) or tuple(range(expected.ndim))
        view = self.remember(point, f"crop:{name}", View(Order(axes, tuple(expected.shape[a] for a in axes))))
        point.actual[name], point.expected[name], point.out_views[name] = view.undo(actual[crop], expected.shape), expected, view
        whole = actual.copy()
        whole[crop] = view.apply(expected)
        tensor = self.keras.engine.tensor(whole)
        self.see(self.keras.engine.tensor(np.ascontiguousarray(whole[crop])), "forced", forced=True)
        tensor = tensor if activation is None else activation(tensor)
        self.see(tensor, "forced", forced=activation is None)
        return tensor

    def counterpart(self, point: Checkpoint, layer: Any, actual: np.ndarray, taken: set[str]) -> tuple[str, np.ndarray | None, View | None]:
        """The torch output that this Keras output stands for: an equal one, else the first of the fitting shape."""
        made = {name: self.torch.shared(tensor) for name, tensor in point.final.made.items() if name not in taken}
        if point.window is not None:
            made = {name: array[point.window] if array.ndim == len(point.window) else array for name, array in made.items()}
        if "flipped" in made and not getattr(layer, "go_backwards", False) and not point.turned:
            made.pop("flipped")
        elif "flipped" in made:
            made = {"flipped": made.pop("flipped")} | {n: a for n, a in made.items() if n != "seq"}
        known = self.views.get((id(point.match.torch), point.index, f"out{len(taken)}:{actual.ndim}"))
        for name, array in made.items():
            order = matching(array, actual)
            if order is not None:
                return name, array, self.remember(point, f"out{len(taken)}:{actual.ndim}", View(order))
        for name, array in made.items():
            if array.ndim != actual.ndim and point.match.torch.kind in {"lstm", "gru", "rnn"}:
                continue
            if known is not None and known.order.shape == actual.shape:
                return name, array, known
            order = standing(array, actual, self.canonical_out(point, array))
            if order is not None:
                return name, array, self.remember(point, f"out{len(taken)}:{actual.ndim}", View(order))
        for name, array in made.items():
            order = next(iter(orders(array.shape, actual.shape)), None) if array.ndim != actual.ndim else None
            if order is not None:
                return name, array, View(order)
        return next(iter(made), ""), None, None

    def remember(self, point: Checkpoint, key: str, view: View) -> View:
        self.views.setdefault((id(point.match.torch), point.index, key), view)
        return view

    def view(self, match: Match, index: int, key: str, mine: np.ndarray, theirs: np.ndarray, canonical: tuple[int, ...] | None) -> View | None:
        known = self.views.get((id(match.torch), index, key))
        if known is not None and known.order.shape in (theirs.shape, tuple(mine.shape[axis] for axis in known.order.axes)):
            return known
        seam = match.seam if mine.ndim == theirs.ndim == 2 else None
        turned = seam.to_keras(mine) if seam else mine
        order = standing(turned, theirs, canonical)
        if order is None and canonical is not None and match.keras.kind == "conv" and mine.ndim == theirs.ndim and mine.size != theirs.size:
            order = Order(canonical, tuple(turned.shape[axis] for axis in canonical))  # padded otherwise than torch pads: given as torch's all the same
        if order is None and mine.size == theirs.size:
            order = next((o for o in orders(turned.shape, theirs.shape)), None)
        found = None if order is None else View(order, seam)
        self.views[(id(match.torch), index, key)] = found
        return found
