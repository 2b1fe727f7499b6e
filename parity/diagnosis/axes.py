"""Where the inputs of a layer are, how they lie, and what a flatten, a padding or a crop beside the layer does to them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.diagnosis.binding import Seam
from parity.diagnosis.layouts import Order, close
from parity.diagnosis.matching import Match
from parity.diagnosis.structure import CHANNELS

CHANNEL_KINDS = frozenset({"conv", "conv_transpose", "batch_norm", "group_norm", "instance_norm", "prelu"})
LINEAR = frozenset({"linear", ""})


@dataclass(eq=False)
class View:
    """How a torch value lies on the Keras side: an order of axes, and the seam of a flatten where there is one."""

    order: Order
    seam: Seam | None = None

    def apply(self, array: np.ndarray) -> np.ndarray:
        return self.order.apply(self.seam.to_keras(array) if self.seam else array)

    def undo(self, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        back = self.order.undo(array, shape)
        return self.seam.to_torch(back) if self.seam else back


Window = tuple[slice, ...] | None


def pad_mode(module: Any) -> str:
    """NumPy's word for a torch module's padding_mode."""
    return {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[getattr(module, "padding_mode", "zeros")]


def padded_as(match: Match, given: list[np.ndarray], live: list[np.ndarray], layer: Any) -> tuple[list[np.ndarray], tuple[int, ...], Window]:
    """Torch's input as its module pads it, where the Keras side pads before a layer that does not.

    Where it pads otherwise, and torch cuts the output instead (a causal convolution): as it pads, and the part of torch's output that this gives.
    """
    module = match.torch.layer
    pads = getattr(module, "padding", None)
    if match.keras.kind != "conv" or match.torch.kind != "conv" or pads is None or isinstance(pads, str) or not live or given[0].ndim != live[0].ndim:
        return given, (), None
    pads = (pads,) * (given[0].ndim - 2) if isinstance(pads, int) else tuple(pads)
    if not any(pads) or getattr(layer, "padding", "same") != "valid" or sorted(given[0].shape) == sorted(live[0].shape):
        return given, (), None
    mode = pad_mode(module)
    sides = _padded_sides(given[0], live[0], layer)
    if sides is not None and any(before + after != 2 * p for (before, after), p in zip(sides, pads, strict=True)) and set(_strides(module)) == {1}:
        sizes = [before + after - 2 * p for (before, after), p in zip(sides, pads, strict=True)]
        if all(before <= p and size <= 0 for (before, _), p, size in zip(sides, pads, sizes, strict=True)):
            cut = (slice(None), slice(None), *[slice(p - b, (size + (p - b)) or None) for (b, _), p, size in zip(sides, pads, sizes, strict=True)])
            return [np.pad(given[0], [(0, 0), (0, 0), *sides]), *given[1:]], (), cut
    return [np.pad(given[0], [(0, 0), (0, 0), *[(p, p) for p in pads]], mode=mode), *given[1:]], pads, None  # type: ignore[call-overload]


def before_padding(match: Match, call: Any, flow: Any, live: list[np.ndarray], layer: Any) -> tuple[int, tuple[int, ...]] | None:
    """The value that torch's code pads in front of a convolution, and by how much, where the Keras layer pads by itself."""
    if match.keras.kind != "conv" or match.torch.kind != "conv" or getattr(layer, "padding", "valid") == "valid" or not live:
        return None
    op = flow.producers.get(call.entered[0])
    if op is None or op.name != "pad" or sorted(flow.values[op.inputs[0]].shape) != sorted(live[0].shape):
        return None
    sides = op.args[1] if len(op.args) > 1 else op.kwargs.get("pad", ())
    return op.inputs[0], tuple(sides)


def _strides(module: Any) -> tuple[int, ...]:
    return (module.stride,) if isinstance(module.stride, int) else tuple(module.stride)


def _padded_sides(given: np.ndarray, live: np.ndarray, layer: Any) -> list[tuple[int, int]] | None:
    """(before, after) of every axis of space where the Keras side has torch's input with zeros around it."""
    moved = np.moveaxis(live, -1, 1) if getattr(layer, "data_format", "channels_last") == "channels_last" else live
    if moved.shape[:2] != given.shape[:2]:
        return None
    more = [b - a for a, b in zip(given.shape[2:], moved.shape[2:], strict=True)]
    if min(more) < 0:
        return None
    for start in np.ndindex(*[n + 1 for n in more]):
        window = (slice(None), slice(None), *[slice(s, s + n) for s, n in zip(start, given.shape[2:], strict=True)])
        if close(moved[window], given):
            return [(s, n - s) for s, n in zip(start, more, strict=True)]
    return None


def cut_by_torch(point: Any, flow: Any, layer: Any, actual: np.ndarray) -> Window:
    """The slice that torch's code takes of a module's output, where it has the shape that the Keras layer gives (a causal convolution: padded twice, cut)."""
    number = next(iter(point.final.left.values()), None)
    if number is None or point.match.keras.kind != "conv" or flow.values[number].numel() <= actual.size:
        return None
    last = getattr(layer, "data_format", "channels_last") == "channels_last"
    shape = (np.moveaxis(actual, -1, 1) if last else actual).shape
    for op in flow.ops:
        if op.name == "__getitem__" and op.inputs[:1] == [number] and tuple(flow.values[op.outputs[0]].shape) == shape:
            entries = op.args[1] if isinstance(op.args[1], tuple) else (op.args[1],)
            if all(isinstance(entry, slice) for entry in entries):
                return (*entries, *[slice(None)] * (len(shape) - len(entries)))
    return None


def cropped_as(point: Any, layer: Any, actual: np.ndarray) -> tuple[Any, ...] | None:
    """Where torch's output stands in that of a transposed convolution without padding; None where the shapes say otherwise."""
    module = point.match.torch.layer
    if point.match.keras.kind != "conv_transpose" or getattr(layer, "padding", "") != "valid" or not hasattr(module, "output_padding"):
        return None
    shape = tuple(next(iter(point.final.made.values())).shape)
    rank = len(shape) - 2
    last = getattr(layer, "data_format", "channels_last") == "channels_last"
    index: list[Any] = [slice(None)] * actual.ndim
    pads = (module.padding,) * rank if isinstance(module.padding, int) else tuple(module.padding)
    for i in range(rank):
        axis = (1 if last else 2) + i
        if pads[i] + shape[2 + i] > actual.shape[axis]:
            return None
        index[axis] = slice(pads[i], pads[i] + shape[2 + i])
    return tuple(index) if any(pads) or actual.size != int(np.prod(shape)) else None


@contextlib.contextmanager
def linear_activation(layer: Any, kind: str) -> Iterator[Any]:
    """A layer's fused activation taken off while it is compared; it is applied to what is handed on."""
    activation = getattr(layer, "activation", None)
    if kind not in {"linear", "conv", "conv_transpose"} or activation is None or getattr(activation, "__name__", "") == "linear":
        yield None
        return
    import_linear = getattr(type(layer), "_parity_linear", None) or _identity
    layer.activation = import_linear
    try:
        yield activation
    finally:
        layer.activation = activation


def _identity(x: Any) -> Any:
    return x


def flattened_from(flow: Any, number: int | None, features: int) -> tuple[int, ...] | None:
    """(C, *space) where a value came, through element-wise functions, from flattening an (N, C, *space) one."""
    for _ in range(50):
        op = flow.producers.get(number) if number is not None else None
        if op is None or not op.inputs:
            return None
        source = op.inputs[0]
        before, after = flow.values[source], flow.values[number]
        if before.shape == after.shape:
            number = source
            continue
        if op.name in {"flatten", "view", "reshape"} and before.dim() >= 3 and after.dim() == 2:
            shape = tuple(before.shape[1:])
            return shape if int(np.prod(shape)) == features and not (before.dim() == 3 and _rows_of_tables(flow, source)) else None
        return None
    return None


def _rows_of_tables(flow: Any, number: int) -> bool:
    """Whether a value holds rows of embeddings side by side: both frameworks have them in one order of axes."""
    for _ in range(50):
        op = flow.producers.get(number)
        if op is None or not op.inputs or op.name in CHANNELS:
            return False
        if op.name == "embedding":
            return True
        number = next((i for i in op.inputs if flow.values[i].is_floating_point()), op.inputs[0])
    return False
