"""Layers that torch's code writes out on bare parameters: `x @ self.proj`, `F.linear(x, self.weight, self.bias)`, `F.conv2d(x, self.kernel)`, …"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from parity.frameworks.torch_tracing import Flow, Op, Ref

MULTIPLYING = frozenset(["matmul", "__matmul__", "mm"])
ADDING = frozenset(["add", "__add__", "__iadd__", "__radd__"])
KINDS = dict.fromkeys([*MULTIPLYING, "linear"], "linear") | {f"conv{n}d": "conv" for n in (1, 2, 3)} | {"layer_norm": "layer_norm"}


@dataclass(frozen=True)
class Written:
    """One such layer: its kind, the names of its parameters in the model, and a module with its settings."""

    kind: str
    weight: str
    bias: str = ""
    turned: bool = False  # (in, out), as `x @ weight` takes it; else (out, in)
    layer: Any = None


def written_layers(flow: Flow) -> list[Written]:
    """Every bare weight that is used in one way only, in the order of use."""
    names = parameter_names(flow)
    found: dict[str, dict[str, Written]] = {}
    for op in flow.ops:
        for parameter in _parameters(op):
            name = names.get(id(parameter), "")
            bias = names.get(id(_bias(flow, op)), "")
            if name and name != bias and _own(flow, op, name):
                layer = _settings(op, parameter) if _takes(op, parameter) else None
                found.setdefault(name, {})[str(layer)] = Written(KINDS.get(op.name, ""), name, bias, op.name in MULTIPLYING, layer)
    return [written for uses in found.values() for written in uses.values() if len(uses) == 1 and written.layer is not None]


def uses(flow: Flow, weight: str, bias: str) -> Iterator[tuple[int, int]]:
    """The value that each use takes and the one that it gives, its bias added."""
    by_name = {name: key for key, name in parameter_names(flow).items()}
    for op in flow.ops:
        if any(id(parameter) == by_name.get(weight) and _takes(op, parameter) for parameter in _parameters(op)):
            added = _added(flow, op) if bias and op.name in MULTIPLYING else None
            yield op.args[0].value, (added or op).outputs[0]


def parameter_names(flow: Flow) -> dict[int, str]:
    """The names of the traced model's parameters, by identity."""
    whole = flow.by_path("")
    return {id(p): name for name, p in whole[0].module.named_parameters()} if whole else {}


def _own(flow: Flow, op: Op, name: str) -> bool:
    """Whether the operation stands in code, and is not that of one of torch's own modules."""
    path = name.rpartition(".")[0]
    calls = flow.by_path(path)
    return not (calls and type(calls[0].module).__module__.startswith("torch.nn.modules.") and op.path == path)


def _parameters(op: Op) -> list[nn.Parameter]:
    return [item for item in (*op.args, *op.kwargs.values()) if isinstance(item, nn.Parameter)]


def _argument(op: Op, place: int, name: str, default: Any = None) -> Any:
    return op.args[place] if len(op.args) > place else op.kwargs.get(name, default)


def _takes(op: Op, parameter: nn.Parameter) -> bool:
    place = 2 if op.name == "layer_norm" else 1
    return op.name in KINDS and bool(op.args) and isinstance(op.args[0], Ref) and _argument(op, place, "weight") is parameter


def _settings(op: Op, parameter: nn.Parameter) -> nn.Module | None:
    """A module of torch's with the settings of the call, and no memory of its own."""
    shape = tuple(parameter.shape)
    if op.name == "layer_norm":
        return nn.LayerNorm(shape, eps=_argument(op, 4, "eps", 1e-5), device="meta")
    if len(shape) != (2 + int(op.name[4]) if KINDS[op.name] == "conv" else 2):
        return None
    if KINDS[op.name] == "linear":
        outside, inside = shape[::-1] if op.name in MULTIPLYING else shape
        return nn.Linear(inside, outside, device="meta")
    stride, padding, dilation, groups = (_argument(op, 3 + i, word, default) for i, (word, default) in enumerate(_CONVOLUTION.items()))
    made = {3: nn.Conv1d, 4: nn.Conv2d, 5: nn.Conv3d}[len(shape)]
    return made(shape[1] * groups, shape[0], shape[2:], stride, padding, dilation, groups, device="meta")


_CONVOLUTION = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}


def _added(flow: Flow, op: Op) -> Op | None:
    """The sum of what an operation gives and a parameter, where that is all it is used for."""
    later = [other for other in flow.ops if set(op.outputs) & set(other.inputs)]
    vectors = [p for p in _parameters(later[0]) if p.dim() == 1] if len(later) == 1 and later[0].name in ADDING else []
    return later[0] if vectors else None


def _bias(flow: Flow, op: Op) -> Any:
    if op.name in MULTIPLYING:
        added = _added(flow, op)
        return None if added is None else next(p for p in _parameters(added) if p.dim() == 1)
    return _argument(op, 3 if op.name == "layer_norm" else 2, "bias") if op.name in KINDS else None
