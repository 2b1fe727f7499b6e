"""How inputs and outputs of the two models correspond: names, order of leaves, and order of axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.diagnosis.layouts import Order, channels_last, close, orders
from parity.errors import ParityUsageError

CHANNELS = frozenset(
    {"conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "batch_norm", "group_norm", "instance_norm"}
    | {f"{kind}_pool{n}d" for kind in ("max", "avg", "adaptive_avg", "adaptive_max", "lp") for n in (1, 2, 3)}
    | {f"{kind}_pool{n}d_with_indices" for kind in ("max", "adaptive_max") for n in (1, 2, 3)}
    | {"boolean_dispatch", "interpolate", "pixel_shuffle", "pixel_unshuffle", "upsample", "local_response_norm", "dropout1d", "dropout2d", "dropout3d", "fold"}
)
MODULES = (
    "_ConvNd",
    "_BatchNorm",
    "_InstanceNorm",
    "GroupNorm",
    "_MaxPoolNd",
    "_AvgPoolNd",
    "_AdaptiveAvgPoolNd",
    "_AdaptiveMaxPoolNd",
    "Upsample",
    "PixelShuffle",
)
TIME_FIRST = ("RNNBase", "MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder", "TransformerDecoderLayer", "Transformer")
_CARRYING = {"pad", "cat", "concat", "__getitem__", "interpolate"}
_MADE = {"zeros", "ones", "full", "empty", "tensor", "rand", "randn"}  # of a size or kind, whatever the value
_PASSING = 12  # element-wise operations between a value and what decides about its axes


@dataclass(frozen=True)
class Given:
    """The inputs of a check: torch's in torch's layout, and the Keras side's."""

    names: tuple[str, ...]
    arrays: tuple[np.ndarray, ...]  # torch's, floats in float32
    structure: str  # "array" | "tuple" | "dict"
    keras_names: tuple[str, ...]
    keras_arrays: tuple[np.ndarray, ...]  # in the layout that the Keras model takes
    keras_structure: str
    orders: tuple[Order | None, ...]  # of each torch input that the Keras side takes too: how it lies there
    places: tuple[int | None, ...]  # its place among the Keras side's inputs

    def nested(self, values: Sequence[Any], keras: bool = False) -> Any:
        structure, names = (self.keras_structure, self.keras_names) if keras else (self.structure, self.names)
        return dict(zip(names, values, strict=True)) if structure == "dict" else tuple(values)


def named_arrays(inputs: Any, argument: str = "inputs") -> tuple[tuple[str, ...], tuple[np.ndarray, ...], str]:
    """Names, arrays (floats in float32) and structure.

    Raises:
        ParityUsageError: no arrays.
    """
    if isinstance(inputs, Mapping):
        names, values, structure = tuple(map(str, inputs)), list(inputs.values()), "dict"
    elif isinstance(inputs, (tuple, list)) and inputs and not np.isscalar(inputs[0]):
        names, values, structure = tuple(f"input.{i}" for i in range(len(inputs))), list(inputs), "tuple"
        names = ("input",) if len(values) == 1 else names
    else:
        names, values, structure = ("input",), [inputs], "array"
    arrays = []
    for name, value in zip(names, values, strict=True):
        try:
            array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        except Exception as error:
            raise ParityUsageError(f"{argument}: {name} is a {type(value).__name__}, expected a NumPy array in torch's layout.") from error
        if array.dtype == object or array.dtype.kind not in "fiubc":
            raise ParityUsageError(f"{argument}: {name} is {array.dtype}, expected numbers: an array, a tuple or a dict of NumPy arrays in torch's layout.")
        arrays.append(array.astype(np.float32) if array.dtype.kind == "f" else array)
    if not arrays:
        raise ParityUsageError(f"{argument} are empty; pass an array, a tuple or a dict of NumPy arrays in torch's layout.")
    return names, tuple(arrays), structure


def axes_by_use(flow: Any, number: int) -> tuple[int, ...] | None:
    """The order of axes that the first use of a torch value asks for on the Keras side; None: it says nothing."""
    rank, shape = flow.values[number].dim(), flow.values[number].shape
    inner = {number: rank}  # value → how many of its last axes are those of the torch value: fewer in one step of a sequence, or in all under one another
    calls = sorted(flow.calls, key=lambda call: call.ops[0])
    for op in flow.ops:
        used = [n for n in op.inputs if n in inner]
        if not used or op.name.removeprefix("new_") in _MADE or op.name.removesuffix("_like") in _MADE:
            continue
        same = inner[used[0]]
        if op.name in CHANNELS and same >= 2 and rank >= 3:
            return channels_last(rank) if same == rank else (*range(rank - same), *range(rank - same + 1, rank), rank - same)
        module = next((c.module for c in reversed(calls) if c.path == op.path), None)
        classes = [cls.__name__ for cls in type(module).__mro__] if module is not None and same == rank else []
        if op.name == "linear" and set(op.inputs[:1]) == {n for n in used if same == rank}:
            return tuple(range(rank))
        if rank >= 3 and any(name in classes for name in MODULES):
            return channels_last(rank)
        if any(name in classes for name in TIME_FIRST) and rank == 3:
            batch_first = getattr(module, "batch_first", True)
            return (1, 0, 2) if batch_first is False else (0, 1, 2)
        made = op.outputs[0]
        if flow.values[made].shape == flow.values[used[0]].shape or (op.name in _CARRYING and flow.values[made].dim() == flow.values[used[0]].dim()):
            inner[made] = same
        else:
            last = flow.values[made].dim() - 1
            if 3 <= last < rank - 1 and flow.values[made].shape[1:] == shape[rank - last :]:
                inner[made] = last
            elif same == rank:
                return None
        if len(inner) > _PASSING:
            return None
    return None


def axes_by_making(flow: Any, number: int) -> tuple[int, ...] | None:
    """The same for an output, told from what made it."""
    rank = flow.values[number].dim()
    for _ in range(_PASSING):
        op = flow.producers.get(number)
        if op is None:
            return None
        if op.name in CHANNELS and rank >= 3:
            return channels_last(rank)
        same = [i for i in op.inputs if flow.values[i].dim() == rank]
        if not same or op.name in {"matmul", "bmm", "linear", "einsum", "permute", "transpose", "movedim"}:
            return (1, 0, 2) if _time_first(flow, op) and rank == 3 else None
        number = same[0]
    return None


def _time_first(flow: Any, op: Any) -> bool:
    module = next((c.module for c in flow.calls if c.path == op.path), None)
    classes = [cls.__name__ for cls in type(module).__mro__] if module is not None else []
    return any(name in classes for name in TIME_FIRST) and getattr(module, "batch_first", True) is False


def keras_order(name: str, array: np.ndarray, expected: Sequence[int | None] | None, wanted: Any, by_use: tuple[int, ...] | None) -> Order:
    """How a torch input lies on the Keras side.

    Args:
        expected: the shape the Keras model declares, None for any size.
        wanted: what the user says: "channels_last", "same", a callable, or "auto".
    """
    same = tuple(range(array.ndim))
    if wanted == "same":
        return Order(same, array.shape)
    if wanted == "channels_last":
        axes = channels_last(array.ndim)
        return Order(axes, tuple(array.shape[a] for a in axes))
    if wanted != "auto":
        raise ParityUsageError(f"layout: for {name} expected 'auto', 'same', 'channels_last' or a callable, got {wanted!r}.")
    likely = by_use or (channels_last(array.ndim) if array.ndim >= 4 and array.dtype.kind == "f" else same)
    if expected is not None and len(expected) != array.ndim:
        for order in orders(array.shape, _filled(expected, array)):
            if order.axes == likely:
                return order
    fitting = []
    for axes in dict.fromkeys([likely, same, channels_last(array.ndim), *([(1, 0, *range(2, array.ndim))] if array.ndim >= 2 else [])]):
        shape = tuple(array.shape[a] for a in axes)
        if expected is None or (len(expected) == len(shape) and all(e is None or e == n for e, n in zip(expected, shape, strict=True))):
            fitting.append(Order(axes, shape))
    return fitting[0] if fitting else Order(likely, tuple(array.shape[a] for a in likely))


def _filled(expected: Sequence[int | None], array: np.ndarray) -> tuple[int, ...]:
    """The declared shape with its one unknown size, or the batch, filled in."""
    known = [e for e in expected if e is not None]
    if len(known) == len(expected) - 1 and known and array.size % int(np.prod(known)) == 0:
        return tuple(array.size // int(np.prod(known)) if e is None else e for e in expected)
    return tuple(-1 if e is None else e for e in expected)


def output_order(
    expected: np.ndarray, actual_shape: Sequence[int], by_making: tuple[int, ...] | None, wanted: Any, actual: np.ndarray | None = None
) -> Order | None:
    """How a torch output lies on the Keras side: an equal order, else the likely one of those that fit; None: no order fits."""
    rank = expected.ndim
    target = tuple(actual_shape)
    if wanted in {"same", "channels_last"}:
        axes = tuple(range(rank)) if wanted == "same" else channels_last(rank)
        return Order(axes, target) if tuple(expected.shape[a] for a in axes) == target else None
    likely = by_making or (channels_last(rank) if rank >= 4 else tuple(range(rank)))
    same = tuple(range(rank))
    choices = [likely, same, channels_last(rank), *([(1, 0, *range(2, rank))] if rank >= 3 else [])]
    fitting = [Order(axes, target) for axes in dict.fromkeys(choices) if tuple(expected.shape[a] for a in axes) == target]
    if actual is not None and actual.dtype.kind == "f":
        for order in fitting:
            if close(actual, order.apply(expected)):
                return order
    return fitting[0] if fitting else None


def paired_leaves(
    torch_leaves: Sequence[tuple[str, Any]], keras_leaves: Sequence[tuple[str, Any]], shape: Callable[[Any], tuple[int, ...]]
) -> list[tuple[str, Any, Any]]:
    """Outputs by name where both sides use the same names, else in their order.

    Raises:
        ParityUsageError: their numbers differ.
    """
    if len(torch_leaves) != len(keras_leaves):
        told = [", ".join(f"{name} {shape(leaf)}" for name, leaf in leaves) for leaves in (torch_leaves, keras_leaves)]
        raise ParityUsageError(
            f"The PyTorch model returns {len(torch_leaves)} outputs ({told[0]}), the Keras model {len(keras_leaves)} ({told[1]}); let both return the same."
        )
    theirs = dict(keras_leaves)
    if {name for name, _ in torch_leaves} == set(theirs):
        return [(name, leaf, theirs[name]) for name, leaf in torch_leaves]
    return [(name, leaf, other) for (name, leaf), (_, other) in zip(torch_leaves, keras_leaves, strict=True)]
