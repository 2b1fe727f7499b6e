"""Faults inside a layer: a copy of the user's layer with one attribute changed to what the torch module has, run again on torch's input in float64."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from parity.diagnosis.attributes import Change, proposals
from parity.diagnosis.binding import bind
from parity.diagnosis.findings import Finding
from parity.diagnosis.forcing import Checkpoint
from parity.diagnosis.layouts import EQUAL, close, matching
from parity.diagnosis.units import NORMS, keras_units

NOTE_BOUND = 2.0**-44


def inside(session: Any, point: Checkpoint, row: Any, bound: float = NOTE_BOUND) -> list[Finding]:
    """The findings of one layer whose own output departs; a difference below `bound` of the size counts as gone."""
    path, layer = point.match.torch.path, point.match.keras.layer
    where = point.match.keras.name or layer.name
    with session.keras_in("float64"):
        found = list(weight_findings(session, point)) if not session.transfers else []
        if found:
            return found
        changes = list(proposals(session, point))
        if vanishes(session, point, (), bound):
            if point.training and point.match.keras.kind == "attention" and float(getattr(layer, "dropout", 0)):
                return []  # with torch's mask it agrees: the model was fed another one, behind something else
            told = "computes otherwise than a copy made from its configuration, which agrees with torch: an attribute was set after it was made"
            return [Finding(path, where, changes[0].cause if changes else "", f"{type(layer).__name__} {told}", "make the layer with torch's arguments", True)]
        for size in range(1, min(4, len(changes)) + 1):
            for chosen in combinations(changes, size):
                if len({key for c in chosen for key in c.config}) == sum(len(c.config) for c in chosen) and vanishes(session, point, chosen, bound):
                    return [Finding(path, where, c.cause, c.says, c.fix, True) for c in chosen]
        changes = [change for change in changes if not change.guessed]
        if changes and changes[0].config:
            return [Finding(path, where, c.cause, c.says, c.fix) for c in changes[:1]]
        other = other_norm(session, point) if point.match.keras.kind in NORMS else None
        if other is not None:
            return [Finding(path, where, *other)]
    mine, theirs = point.match.torch.kind, point.match.keras.kind
    if mine != theirs and {mine, theirs} <= NORMS and bound >= EQUAL:
        says = f"{type(layer).__name__} where torch has {type(point.match.torch.layer).__name__}"
        return [Finding(path, where, "norm-other", says, f"the Keras counterpart of {type(point.match.torch.layer).__name__}")]
    told = "" if row is None else f" by {row.difference:.1e} of {row.scale:.1e}"
    if point.shapes is not None:
        told = f": torch gives shape {point.shapes[0]}, Keras {point.shapes[1]}"
    if bound < EQUAL:
        return [
            Finding(
                path,
                where,
                "float32-constant",
                f"a constant of {type(layer).__name__} is rounded to float32{told}",
                "write the constant in the tensor's own type",
            )
        ]
    kinds = f"{type(point.match.torch.layer).__name__} and {type(layer).__name__}"
    snippet = f"keras_layer = {where!r}  # run it alone: keras_model.get_layer({layer.name!r})(torch's input, moved to Keras' layout)"
    return [Finding(path, where, "", f"{kinds} give different outputs for the same input{told}", snippet=snippet)]


def other_norm(session: Any, point: Checkpoint) -> tuple[str, str, str, bool] | None:
    """Another norm than torch's, told by the axes of its statistics: torch's weights on the input normalised over those."""
    x = point.given[0]
    actual = next(iter(point.actual.values()), None)
    if actual is None or actual.shape != x.shape:
        return None
    state = {role: piece.take(session.state).astype(np.float64) for role, piece in point.match.torch.pieces.items()}
    module, layer = point.match.torch.layer, point.match.keras.layer
    along = 1 if point.match.torch.kind not in {"layer_norm", "rms_norm"} else x.ndim - 1
    shape = [x.shape[along] if axis == along else 1 for axis in range(x.ndim)]

    def affine(role: str, base: float) -> Any:
        return state[role].reshape(shape) if role in state and state[role].size == x.shape[along] else base

    weight, shift = affine("weight", 1.0), affine("bias", 0.0)
    for eps in dict.fromkeys([getattr(layer, "epsilon", 1e-5), getattr(module, "eps", 1e-5)]):
        for size in range(1, x.ndim + 1):
            for axes in combinations(range(x.ndim), size):
                mean, variance = x.astype(np.float64).mean(axes, keepdims=True), x.astype(np.float64).var(axes, keepdims=True)
                for told, centred in (("mean and variance", x - mean), ("the mean square", None)):
                    if centred is None:
                        made = x / np.sqrt((x.astype(np.float64) ** 2).mean(axes, keepdims=True) + eps) * weight + shift
                    else:
                        made = centred / np.sqrt(variance + eps) * weight + shift
                    if close(actual, made, 1e-7):
                        says = f"{type(layer).__name__} takes {told} over the axes {axes} of torch's layout, {type(module).__name__} does not"
                        return "norm-other", says, f"the Keras counterpart of {type(module).__name__}({module.extra_repr()})", True
    return None


def vanishes(session: Any, point: Checkpoint, changes: tuple[Change, ...], bound: float) -> bool:
    """Whether the difference is gone in a copy with these changes."""
    try:
        actual = run_copy(session, point, changes)
    except Exception:  # a change that the layer does not take
        return False
    for name, expected in point.expected.items() or ((n, session.torch.array(t)) for n, t in list(point.final.made.items())[:1]):
        view = point.out_views.get(name)
        candidates = [a for a in actual if a.size == expected.size]
        equal = any(
            close(a, view.apply(expected), bound) if view is not None and view.order.shape == a.shape else matching(expected, a, max(bound, EQUAL)) is not None
            for a in candidates
        )
        if not equal:
            return False
    return True


def run_copy(session: Any, point: Checkpoint, changes: tuple[Change, ...]) -> list[np.ndarray]:
    """The outputs of a changed copy, fused activation taken off."""
    keras, layout = session.keras, getattr(point.match.keras.layer, "data_format", "channels_last")
    made = _made_by_copy(session, point, changes)[1]
    found = [keras.array(t) for t in (made if isinstance(made, (tuple, list)) else [made]) if keras.is_tensor(t)]
    for change in changes:
        if change.crop:
            found = [_cropped(a, change.crop, layout) for a in found]
        if change.flip:
            found = [np.flip(a, 1) if a.ndim == 3 else a for a in found]
    return found


def copied_with(session: Any, point: Checkpoint, changes: tuple[Change, ...]) -> Any:
    """A changed copy after its call: what a call in training leaves in its buffers."""
    return _made_by_copy(session, point, changes)[0]


def _made_by_copy(session: Any, point: Checkpoint, changes: tuple[Change, ...]) -> tuple[Any, Any]:
    from parity.frameworks.keras_tracing import copied

    keras, layer = session.keras, point.match.keras.layer
    config: dict[str, Any] = {}
    for change in changes:
        config |= dict(change.config)
    args, kwargs = list(point.call_args[0]), dict(point.call_args[1])
    for change in changes:
        kwargs |= {k: v(session) if callable(v) else v for k, v in change.call.items()}
        if change.unmasked:
            args[0] = keras.engine.tensor(keras.array(args[0]))
        if change.pad:
            args[0] = keras.engine.tensor(_padded(keras.array(args[0]), change.pad, getattr(layer, "data_format", "channels_last")))
    if point.match.keras.kind in {"linear", "conv", "conv_transpose"}:
        config.setdefault("activation", None)
    if point.training and layer._call_has_training_arg:
        kwargs.setdefault("training", True)  # the layer itself may have been told by its model
    copy = copied(layer, config, lambda made: made(*args, **kwargs))
    _fill(session, point, copy)
    if point.training and point.match.keras.kind == "attention":
        _feed_dropout(session, point, copy)
    return copy, copy(*args, **kwargs)


def _feed_dropout(session: Any, point: Checkpoint, copy: Any) -> None:
    """Keras' attention drops what torch's has dropped."""
    call = point.call.call
    masks = session.torch_runs[("float64", True)].flow.masks[slice(*call.masks)]
    rate = float(getattr(copy, "dropout", 0.0) or 0.0)
    if masks and rate and hasattr(copy, "_dropout_layer"):
        mask = session.torch.array(masks[0])
        mask = mask.reshape(-1, point.match.torch.layer.num_heads, *mask.shape[-2:]) / (1 - rate)
        copy._dropout_layer = lambda x, training=None: x * session.keras.engine.tensor(mask)


def _fill(session: Any, point: Checkpoint, copy: Any) -> None:
    """The copy's weights: torch's where they are transferred, else the layer's own; what the layer lacks comes from torch."""
    units = list(keras_units(copy, session.keras.children))
    mine = {v.name: v for v in point.match.keras.layer.variables}
    for variable in copy.variables:
        own = mine.get(variable.name)
        if own is not None and tuple(own.shape) == tuple(variable.shape) and "seed" not in variable.path:
            session.keras.assign(variable, session.keras.read(own))
    torch_units = [point.match.torch] if point.match is point.last else [point.match.torch, point.last.torch]
    for torch, unit in zip(torch_units, units, strict=False):
        bindings = bind(torch, unit)
        for binding, old in zip(bindings or [], [*point.match.bindings, *[None] * 9], strict=False):
            binding.seam = point.match.seam
            binding.fold = old.fold if old is not None else None
            own = mine.get(binding.held.variable.name)
            fits = own is not None and tuple(own.shape) == tuple(binding.held.variable.shape)
            if any(p is not None for p in binding.pieces) and (session.transfers or not fits):
                session.keras.assign(binding.held.variable, binding.fill(session.state))


def _padded(array: np.ndarray, pad: tuple[int, ...], layout: str) -> np.ndarray:
    space = [(p, p) for p in pad]
    widths = [(0, 0), *space, (0, 0)] if layout == "channels_last" else [(0, 0), (0, 0), *space]
    return np.pad(array, widths)


def _cropped(array: np.ndarray, crop: tuple[tuple[int, int], ...], layout: str) -> np.ndarray:
    first = 1 if layout == "channels_last" else 2
    index: list[Any] = [slice(None)] * array.ndim
    for i, (before, after) in enumerate(crop):
        size = array.shape[first + i]
        if after < 0:
            widths = [(0, 0)] * array.ndim
            widths[first + i] = (0, -after)
            array, after, size = np.pad(array, widths), 0, size - after
        index[first + i] = slice(before, size - after)
    return array[tuple(index)]


# Weights as they are


def weight_findings(session: Any, point: Checkpoint) -> Iterator[Finding]:
    """Variables of a layer that do not hold what torch's weights say, and what was done to them."""
    from parity.diagnosis.weight_trials import found_in

    yield from found_in(session, point)
