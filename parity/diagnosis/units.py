"""The weighted layers of both models in one vocabulary: PyTorch's.

A `Unit` is a layer that has weights of its own, with its `roles` ("weight", "bias", "running_mean", "weight_ih", …). On the torch side a role is a piece of
the state_dict; on the Keras side a variable holds one or more roles, in a layout that `parity.weights` knows how to turn into torch's.
Composites are cut where the other side may have cut them: a stacked recurrence into its layers and directions, packed attention into its projections,
a separable convolution into its two. Read by duck typing: no framework is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from parity.weights import Part, convolution, depthwise, part_of, same, transposed

CELLS = frozenset({"rnn", "lstm", "gru"})
SUMMED = Part(("bias_ih", "bias_hh"), lambda a: (a, a), lambda arrays: arrays[0] + arrays[1])  # one bias where torch has two
RECURRENT = {"RNN": "rnn", "LSTM": "lstm", "GRU": "gru", "RNNCell": "rnn", "LSTMCell": "lstm", "GRUCell": "gru", "SimpleRNN": "rnn", "SimpleRNNCell": "rnn"}
NORMS = frozenset({"batch_norm", "layer_norm", "group_norm", "instance_norm", "rms_norm"})
CALLED = {  # what people call the weights of a layer of their own
    "weight": ("weight", "gamma", "scale", "kernel", "w", "g"),
    "bias": ("bias", "beta", "offset", "shift", "b"),
    "running_mean": ("running_mean", "moving_mean", "mean", "mu"),
    "running_var": ("running_var", "moving_variance", "moving_var", "variance", "var"),
}


@dataclass(frozen=True)
class Piece:
    """A part of a state_dict entry: rows `start:stop` of its first axis, seen in `shape`; `turned`: transposed."""

    name: str
    shape: tuple[int, ...]
    start: int | None = None
    stop: int | None = None
    turned: bool = False

    @property
    def label(self) -> str:
        return self.name if self.start is None else f"{self.name}[{self.start}:{self.stop}]"

    def take(self, state: Mapping[str, np.ndarray]) -> np.ndarray:
        array = state[self.name]
        array = array if self.start is None else array[self.start : self.stop]
        return array.T if self.turned else array.reshape(self.shape)


@dataclass(frozen=True, eq=False)
class Held:
    """A Keras variable and the roles it holds. `summed`: it holds the sum of its roles (one bias where torch has two)."""

    variable: Any
    roles: tuple[str, ...]
    part: Part
    summed: bool = False

    def canonical(self, array: np.ndarray) -> tuple[np.ndarray, ...]:
        """One array a role, in torch's layout; of a sum the array itself, which is right for gradients."""
        return self.part.to_torch(array)

    def value(self, arrays: tuple[np.ndarray, ...]) -> np.ndarray:
        """What the variable has to hold, from one torch array a role."""
        return self.part.to_keras(arrays)


@dataclass(eq=False)
class Unit:
    """A layer with weights. `part` says which piece of a composite it is ("", "q", "k", "v", "out", "l0", "l1_reverse", "depthwise", "pointwise").

    A layer that code writes out on bare weights has the weight's name for its path, and the bias' for its part.
    """

    path: str
    kind: str
    layer: Any
    part: str = ""
    pieces: dict[str, Piece] = field(default_factory=dict)  # torch: role → piece
    held: list[Held] = field(default_factory=list)  # Keras: variables
    optional: bool = False  # a buffer of the user's own class: a constant that the other side may have written down
    pieces_of: tuple[Unit, ...] = ()  # the same layer cut into its projections

    @property
    def name(self) -> str:
        return f"{self.path}:{self.part}" if self.part else self.path

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Role → shape in torch's layout."""
        if self.pieces:
            return {role: piece.shape for role, piece in self.pieces.items()}
        found: dict[str, tuple[int, ...]] = {}
        for held in self.held:
            arrays = held.canonical(np.broadcast_to(np.float32(0), tuple(held.variable.shape)))
            found |= {role: a.shape for role, a in zip(held.roles, arrays, strict=True)}
        return found

    def __repr__(self) -> str:
        return f"Unit({self.name}, {self.kind}, {self.shapes})"


def class_names(layer: Any) -> list[str]:
    return [cls.__name__ for cls in type(layer).__mro__]


# PyTorch


def torch_units(model: Any) -> list[Unit]:
    """The units of a torch module, in the order of definition."""
    units: list[Unit] = []
    inside: set[str] = set()  # below a unit that was taken whole
    held: set[int] = set()  # parameters of units before
    for path, module in model.named_modules():
        if any(path.startswith(f"{prefix}.") for prefix in inside):
            continue
        names = class_names(module)
        if not module._parameters and not module._buffers and "MultiheadAttention" not in names:
            continue
        if "_Loss" in names:
            continue
        found = _torch_unit(path, module, names)
        own = {id(p) for p in module._parameters.values() if p is not None}
        for unit in found if own and own <= held else ():
            unit.optional = True  # its weights are another's too
        held |= own
        units.extend(found)
        if "MultiheadAttention" in names:
            inside.add(path)
    return units


def _torch_unit(path: str, module: Any, names: list[str]) -> list[Unit]:
    prefix = f"{path}." if path else ""
    state = {name: tuple(t.shape) for name, t in [*module._parameters.items(), *module._buffers.items()] if t is not None}
    state = {name: shape for name, shape in state.items() if name not in module._non_persistent_buffers_set}

    def whole(kind: str) -> list[Unit]:
        pieces = {role: Piece(prefix + role, shape) for role, shape in state.items() if role != "num_batches_tracked"}
        return [Unit(path, kind, module, pieces=pieces)] if pieces else []

    if "MultiheadAttention" in names:
        return [_torch_attention(path, prefix, module)]
    if names[0] in {"RNN", "LSTM", "GRU"} or "RNNBase" in names:
        return _torch_recurrence(path, prefix, module, state)
    if "RNNCellBase" in names:
        return whole(RECURRENT[next(n for n in names if n in RECURRENT)])
    if "Linear" in names:
        return whole("linear")
    if "_ConvNd" in names:
        return whole("conv_transpose" if "_ConvTransposeNd" in names else "conv")
    if "_BatchNorm" in names or "_NormBase" in names:
        kind = "instance_norm" if "_InstanceNorm" in names else "batch_norm"
        return whole(kind)
    for name, kind in (("LayerNorm", "layer_norm"), ("GroupNorm", "group_norm"), ("RMSNorm", "rms_norm"), ("Embedding", "embedding"), ("PReLU", "prelu")):
        if name in names:
            return whole(kind)
    return [Unit(path, "raw", module, role, {role: Piece(prefix + role, shape)}, optional=role in module._buffers) for role, shape in state.items()]


def with_written(units: list[Unit], theirs: Sequence[Unit], written: Sequence[Any]) -> list[Unit]:
    """Bare weights that torch's code uses as layers, as such: where the Keras side has a layer of the kind and size, and no bare variable."""
    bare = {tuple(held.variable.shape) for unit in theirs if unit.kind == "raw" for held in unit.held}
    shapes = {(unit.kind, unit.shapes.get("weight")) for unit in theirs}
    by_name = {unit.pieces[unit.part].name: unit for unit in units if unit.kind == "raw"}
    for each in written:
        weight, bias = by_name.get(each.weight), by_name.get(each.bias)
        if weight is None:
            continue
        piece = weight.pieces[weight.part]
        shape = piece.shape[::-1] if each.turned else piece.shape
        if (each.kind, shape) not in shapes or piece.shape in bare or piece.shape[::-1] in bare:
            continue
        pieces = {"weight": Piece(piece.name, shape, turned=each.turned)} | ({"bias": bias.pieces[bias.part]} if bias is not None else {})
        layer = Unit(piece.name, each.kind, each.layer, bias.pieces[bias.part].name if bias is not None else "", pieces)
        units = [layer if unit is weight else unit for unit in units if unit is not bias]
    return units


def with_own_norms(units: list[Unit], theirs: Sequence[Unit]) -> list[Unit]:
    """Norms that are modules of the user's own, `weight * (x - mean) / … + bias`: where the Keras side has so many more layers of a norm's kind and size."""
    roles = {name: role for role in ("weight", "bias") for name in CALLED[role]}
    bare = {tuple(held.variable.shape) for unit in theirs if unit.kind in {"raw", "own"} for held in unit.held}
    modules: dict[int, list[Unit]] = {}
    for unit in units:
        modules.setdefault(id(unit.layer), []).append(unit)
    found: dict[tuple[int, ...], list[list[Unit]]] = {}
    for parts in modules.values():
        shape = next(iter(parts[0].shapes.values()), ())
        alike = all(part.kind == "raw" and part.part in roles and part.shapes[part.part] == shape for part in parts)
        told = {roles.get(part.part) for part in parts}
        if alike and len(shape) == 1 and (shape not in bare or "bias" in told) and "weight" in told and not any(parts[0].layer.children()):
            found.setdefault(shape, []).append(parts)
    for shape, own in found.items():
        mine, others = (sum(unit.kind in NORMS and unit.shapes.get("weight") == shape for unit in side) for side in (units, theirs))
        for parts in own if others - mine >= len(own) else ():
            pieces = {roles[part.part]: part.pieces[part.part] for part in parts}
            norm = Unit(parts[0].path, "layer_norm" if len(pieces) > 1 else "rms_norm", parts[0].layer, "", pieces)
            units = [norm if unit is parts[0] else unit for unit in units if unit not in parts[1:]]
    return units


def _torch_recurrence(path: str, prefix: str, module: Any, state: Mapping[str, tuple[int, ...]]) -> list[Unit]:
    kind = RECURRENT[module.mode.partition("_")[0] if module.mode.startswith("RNN") else module.mode]
    parts = []
    for layer in range(module.num_layers):
        for end in ("", "_reverse") if module.bidirectional else ("",):
            roles = {role: f"{role}_l{layer}{end}" for role in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
            pieces = {role: Piece(prefix + name, state[name]) for role, name in roles.items() if name in state}
            single = module.num_layers == 1 and not module.bidirectional
            parts.append(Unit(path, kind, module, "" if single else f"l{layer}{end}", pieces))
    return parts


def _torch_attention(path: str, prefix: str, module: Any) -> Unit:
    width = module.embed_dim
    own = {name: tuple(t.shape) for name, t in module._parameters.items() if t is not None}
    unit = Unit(path, "attention", module)
    projections = []
    for i, part in enumerate("qkv"):
        if "in_proj_weight" in own:
            piece = Piece(f"{prefix}in_proj_weight", (width, width), i * width, (i + 1) * width)
        else:
            piece = Piece(f"{prefix}{part}_proj_weight", own[f"{part}_proj_weight"])
        pieces = {"weight": piece}
        if "in_proj_bias" in own:
            pieces["bias"] = Piece(f"{prefix}in_proj_bias", (width,), i * width, (i + 1) * width)
        projections.append(Unit(path, "linear", module, part, pieces))
    out = {"weight": Piece(f"{prefix}out_proj.weight", (width, width))}
    if module.out_proj.bias is not None:
        out["bias"] = Piece(f"{prefix}out_proj.bias", (width,))
    projections.append(Unit(path, "linear", module, "out", out))
    unit.pieces = {f"{p.part}.{role}": piece for p in projections for role, piece in p.pieces.items()}
    unit.pieces_of = tuple(projections)
    return unit


# Keras


def keras_units(model: Any, children: Callable[[Any], Iterator[tuple[str, Any]]]) -> list[Unit]:
    """The units of a Keras model, in the order of its attributes and layers."""
    units: list[Unit] = []
    _walk_keras(model, [], set(), units, children)
    return units


def _walk_keras(layer: Any, path: list[str], seen: set[int], units: list[Unit], children: Callable[[Any], Iterator[tuple[str, Any]]]) -> None:
    if id(layer) in seen:
        return
    seen.add(id(layer))
    names = class_names(layer)
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    where = ".".join(path)
    if "MultiHeadAttention" in names or "GroupedQueryAttention" in names:
        units.append(_keras_attention(where, layer))
        return
    if "RNN" in names and hasattr(layer, "cell"):
        cell = layer.cell
        found = _keras_unit(where, cell, class_names(cell), [*cell._trainable_variables, *cell._non_trainable_variables])
        if found and found[0].kind in {"rnn", "lstm", "gru"}:
            found[0].layer = layer
            units.extend(found)
            return
    units.extend(_keras_unit(where, layer, names, own))
    for name, child in children(layer):
        _walk_keras(child, [*path, *name.split(".")] if name else path, seen, units, children)


_KINDS = {
    "Dense": "linear",
    "BaseConv": "conv",
    "BaseConvTranspose": "conv_transpose",
    "BatchNormalization": "batch_norm",
    "LayerNormalization": "layer_norm",
    "GroupNormalization": "group_norm",
    "RMSNormalization": "rms_norm",
    "Embedding": "embedding",
    "PReLU": "prelu",
    "SimpleRNNCell": "rnn",
    "LSTMCell": "lstm",
    "GRUCell": "gru",
}


def _keras_unit(path: str, layer: Any, names: list[str], own: list[Any]) -> list[Unit]:
    own = [v for v in own if "seed_generator" not in v.path and "int" not in str(v.dtype)]  # counters and generators are no weights
    if not own:
        return []
    by_name = {v.name: v for v in own}
    if "BaseSeparableConv" in names:
        depth = Held(by_name["depthwise_kernel"], ("weight",), depthwise(by_name["depthwise_kernel"].shape[-1]))
        point = [Held(by_name["pointwise_kernel"], ("weight",), convolution("weight"))]
        if "bias" in by_name:
            point.append(Held(by_name["bias"], ("bias",), same("bias")))
        return [Unit(path, "conv", layer, "depthwise", held=[depth]), Unit(path, "conv", layer, "pointwise", held=point)]
    if "BaseDepthwiseConv" in names:
        held = [Held(v, ("weight",), depthwise(v.shape[-1])) if v.name == "kernel" else Held(v, (v.name,), same(v.name)) for v in own]
        return [Unit(path, "conv", layer, held=held)]
    if "EinsumDense" in names:
        return [_einsum(path, layer, by_name)]
    kind = next((_KINDS[name] for name in names if name in _KINDS), "raw")
    if kind == "raw" and len(own) > 1 and not getattr(layer, "_layers", None):
        whole = Unit(path, "own", layer, held=[Held(v, (v.name,), same(v.name)) for v in own])
        whole.pieces_of = tuple(Unit(path, "raw", layer, v.name, held=[Held(v, (v.name,), same(v.name))]) for v in own)
        return [whole]
    if kind == "raw":
        return [Unit(path, "raw", layer, v.name, held=[Held(v, (v.name,), same(v.name))]) for v in own]
    held = []
    for v in own:
        part = part_of(names, v.name, tuple(v.shape))
        if kind in {"lstm", "rnn"} and v.name == "bias":
            held.append(Held(v, ("bias_ih", "bias_hh"), SUMMED, summed=True))
        else:
            held.append(Held(v, part.names, part))
    return [Unit(path, kind, layer, held=held)]


def held_of_cell(torch: Unit, variables: Sequence[Any]) -> list[Held] | None:
    """The variables that hold a torch recurrence, gates side by side in torch's order; one bias may be the sum of torch's two. None: they do not fit."""
    left = list(variables)
    found: list[Held] = []
    for role, hints in (("weight_hh", ("recurrent", "hidden", "state", "hh", "u")), ("weight_ih", ("kernel", "input", "ih", "w"))):
        shape = torch.pieces[role].shape
        fitting = [v for v in left if tuple(v.shape) in (shape, shape[::-1])]
        named = [v for hint in hints for v in fitting if hint in v.name.lower()]
        if not fitting:
            return None
        chosen = (named or fitting)[0]
        left = [v for v in left if v is not chosen]
        found.append(Held(chosen, (role,), transposed(role) if tuple(chosen.shape) == shape[::-1] else same(role)))
    biases = [v for v in left if "bias_ih" in torch.pieces and tuple(v.shape) == torch.pieces["bias_ih"].shape]
    if len(biases) == 1 and torch.kind != "gru":
        found.append(Held(biases[0], ("bias_ih", "bias_hh"), SUMMED, summed=True))
    elif biases:
        found += [Held(v, (role,), same(role)) for v, role in zip(biases, ("bias_ih", "bias_hh"), strict=False)]
    return found


def _einsum(path: str, layer: Any, by_name: Mapping[str, Any]) -> Unit:
    """The leading axes of the kernel that stand in the output too are outputs; the others are inputs."""
    left, _, output = layer.equation.partition("->")
    _, _, kernel = left.partition(",")
    outputs = [i for i, letter in enumerate(kernel) if letter in output]
    inputs = [i for i, letter in enumerate(kernel) if letter not in output]
    shape = tuple(by_name["kernel"].shape)
    if outputs and inputs and (outputs[0] == 0 or inputs[0] == 0):
        held = [Held(by_name["kernel"], ("weight",), _matrix(shape, outputs, inputs))]
        if "bias" in by_name:
            held.append(Held(by_name["bias"], ("bias",), _flat(tuple(by_name["bias"].shape))))
        return Unit(path, "linear", layer, held=held)
    return Unit(path, "raw", layer, held=[Held(v, (v.name,), same(v.name)) for v in by_name.values()])


def _matrix(shape: tuple[int, ...], outputs: list[int], inputs: list[int]) -> Part:
    """A kernel with several axes of outputs and inputs ↔ (out, in)."""
    order = [*outputs, *inputs]
    out, moved = prod(shape[i] for i in outputs), tuple(shape[i] for i in order)
    return Part(
        ("weight",),
        lambda a: (a.transpose(order).reshape(out, -1),),
        lambda arrays: arrays[0].reshape(moved).transpose(np.argsort(order)),
    )


def _flat(shape: tuple[int, ...]) -> Part:
    return Part(("bias",), lambda a: (a.reshape(-1),), lambda arrays: arrays[0].reshape(shape))


def _keras_attention(path: str, layer: Any) -> Unit:
    dense = {"q": layer._query_dense, "k": layer._key_dense, "v": layer._value_dense, "out": layer._output_dense}
    unit = Unit(path, "attention", layer)
    parts = []
    for part, sub in dense.items():
        found = _einsum(path, sub, {v.name: v for v in sub._trainable_variables + sub._non_trainable_variables})
        found.part = part
        parts.append(found)
        unit.held += [Held(h.variable, tuple(f"{part}.{role}" for role in h.roles), h.part) for h in found.held]
    unit.pieces_of = tuple(parts)
    return unit
