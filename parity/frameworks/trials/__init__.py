"""Changes of one PyTorch operation: what a port may have done in its place.

Each is one attribute, or one operation for another; none is a formula of Keras'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch

from parity.frameworks.torch_tracing import Op
from parity.frameworks.trials.activations import ACTIVATION_NAMES as ACTIVATION_NAMES
from parity.frameworks.trials.activations import activations
from parity.frameworks.trials.arithmetic import COMPARISONS, arithmetic, comparisons, joining, products
from parity.frameworks.trials.attention import attention, masking, normalizing, triangles
from parity.frameworks.trials.convolutions import convolutions
from parity.frameworks.trials.pooling import places, pooling, reductions, spreads
from parity.frameworks.trials.relations import relations as relations
from parity.frameworks.trials.shapes import chunks, copies, counting, embedding, interleaved, interpolation, padding, reshaping, selection, shuffling
from parity.frameworks.trials.trial import Function
from parity.frameworks.trials.trial import OpTrial as OpTrial


def op_trials(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """The likely changes first. `inputs` are the values of the operation's references, in order."""
    name = op.name
    yield from _special(op, name, inputs) if inputs else ()
    if name == "dropout":
        yield OpTrial("dropout-missing", "no dropout where torch drops out", "add the Dropout", lambda x, *a, **k: x)
        for rate in (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95):
            p = op.kwargs.get("p", op.args[1] if len(op.args) > 1 else 0.5)
            yield OpTrial(
                "dropout-rate",
                f"a dropout rate of {rate} where torch has {p}",
                f"Dropout({p})",
                lambda *a, r=rate, q=p, **k: op.function(*a, **k) * (1 - q) / (1 - r),
            )
    if name in ACTIVATION_NAMES:
        yield from activations(op, name, inputs)
    yield from _shared(op, name, inputs)


def _special(op: Op, name: str, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    for names, maker in _MAKERS:
        if name in names:
            yield from maker(op, inputs)


def _shared(op: Op, name: str, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """What may befall any operation: left out, or something more behind it."""
    if not inputs:
        return
    yield OpTrial("layer-missing", f"nothing where torch has {name}", f"add torch's {name}", lambda x, *a, **k: x if isinstance(x, torch.Tensor) else x[0])
    for extra, says, cause, fix in relations(inputs[0]):
        yield OpTrial(cause, f"{says} after torch's {name}", fix, lambda *a, f=extra, **k: _on_first(op.function(*a, **k), f))
    for extra, says, cause, fix in relations(inputs[0]):
        yield OpTrial(cause, f"{says} before torch's {name}", fix, lambda x, *a, f=extra, **k: op.function(f(_like(x, inputs[0])), *a, **k), before=True)


def _like(x: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The value that the relations were made for; a constant in its place says nothing of it."""
    if x.shape != wanted.shape:
        raise TypeError(f"expected a value of shape {tuple(wanted.shape)}, got {tuple(x.shape)}")
    return x


def _on_first(result: Any, function: Function) -> Any:
    return function(result) if isinstance(result, torch.Tensor) else [function(r) for r in result]


_POOLS = frozenset(f"{kind}_pool{n}d{end}" for kind in ("max", "avg") for n in (1, 2, 3) for end in ("", "_with_indices")) | {"boolean_dispatch", "fn"}
_GLOBAL = frozenset(f"adaptive_{kind}_pool{n}d{end}" for kind in ("max", "avg") for n in (1, 2, 3) for end in ("", "_with_indices")) | {
    "mean",
    "sum",
    "amax",
    "max",
    "min",
}
_MAKERS: tuple[tuple[frozenset[str], Callable[[Op, list[torch.Tensor]], Iterator[OpTrial]]], ...] = (
    (_POOLS, pooling),
    (_GLOBAL, reductions),
    (frozenset({"interpolate", "upsample"}), interpolation),
    (frozenset({"cat", "concat", "concatenate", "stack", "hstack"}), joining),
    (
        frozenset(
            [
                "add",
                "add_",
                "sub",
                "mul",
                "mul_",
                "div",
                "true_divide",
                "__add__",
                "__radd__",
                "__iadd__",
                "__sub__",
                "__rsub__",
                "__mul__",
                "__rmul__",
                "__imul__",
                "__truediv__",
                "__rtruediv__",
                "__div__",
            ]
        ),
        arithmetic,
    ),
    (frozenset({"__getitem__", "select"}), selection),
    (frozenset({"split", "chunk", "unbind", "tensor_split"}), chunks),
    (frozenset({"embedding"}), embedding),
    (frozenset({"repeat_interleave", "repeat", "tile"}), copies),
    (frozenset({"cumsum"}), counting),
    (frozenset([*COMPARISONS, *(f"__{name}__" for name in COMPARISONS)]), comparisons),
    (frozenset({"var", "std", "var_mean", "std_mean"}), spreads),
    (frozenset({"argmax", "argmin"}), places),
    (frozenset({"conv1d", "conv2d", "conv3d"}), convolutions),
    (frozenset({"split", "chunk"}), interleaved),
    (frozenset({"pad"}), padding),
    (frozenset({"flatten", "view", "reshape", "permute", "transpose", "movedim", "swapaxes", "t", "unflatten"}), reshaping),
    (frozenset({"tril", "tril_", "triu", "triu_"}), triangles),
    (frozenset({"masked_fill", "masked_fill_", "where"}), masking),
    (frozenset({"scaled_dot_product_attention"}), attention),
    (frozenset({"matmul", "bmm", "mm", "__matmul__"}), products),
    (frozenset({"layer_norm", "group_norm", "batch_norm", "instance_norm", "rms_norm", "normalize", "local_response_norm"}), normalizing),
    (frozenset({"pixel_shuffle"}), shuffling),
)
