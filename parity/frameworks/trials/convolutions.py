"""Convolutions in the code between layers: stride, padding, dilation, the kernel's axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from parity.frameworks.torch_tracing import Op
from parity.frameworks.trials.trial import OpTrial


def convolutions(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """conv1d, conv2d, conv3d with other arguments."""
    function = getattr(F, op.name)
    names = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
    given = dict(zip(names, op.args, strict=False)) | dict(op.kwargs)
    rank = int(op.name[4])
    stride, padding, dilation = (_tuple(given.get(name, default), rank) for name, default in (("stride", 1), ("padding", 0), ("dilation", 1)))

    def run(*args: Any, change: dict[str, Any], same: bool = False, causal: bool = False, kernel: Any = None, **kwargs: Any) -> torch.Tensor:
        words = {"bias": None, "stride": 1, "padding": 0, "dilation": 1, "groups": 1} | dict(zip(names, args, strict=False)) | kwargs | change
        x, weight = words.pop("input"), words.pop("weight")
        weight = weight if kernel is None else kernel(weight)
        if same or causal:
            steps, gaps = _tuple(words["stride"], rank), _tuple(words["dilation"], rank)
            spans = [gap * (k - 1) for gap, k in zip(gaps, weight.shape[2:], strict=True)]
            wanted = [max((-(-n // s) - 1) * s + span + 1 - n, 0) for n, s, span in zip(x.shape[2:], steps, spans, strict=True)]
            sides = [(span, 0) if causal else (w // 2, w - w // 2) for span, w in zip(spans, wanted, strict=True)]
            x, words["padding"] = F.pad(x, [n for side in reversed(sides) for n in side]), 0
        return function(x, weight, **words)

    def trial(cause: str, says: str, fix: str, **changes: Any) -> OpTrial:
        return OpTrial(cause, says, fix, lambda *a, **k: run(*a, **{**k, **changes}))

    slug = "same-stride2" if max(stride) > 1 else "dilated-same" if max(dilation) > 1 else "conv-padding"
    yield trial(
        slug, f"padding 'same' where torch pads {padding} on both sides", f"pad {padding} on both sides, then a valid convolution", change={}, same=True
    )
    yield trial("conv-padding", f"no padding where torch pads {padding}", f"pad {padding} on both sides", change={"padding": 0})
    yield trial("causal-conv1d", f"padding before only where torch pads {padding} on both sides", f"pad {padding} on both sides", change={}, causal=True)
    yield trial("conv-stride", f"stride 1 where torch has {stride}", f"strides={stride}", change={"stride": 1})
    yield trial("conv-stride", f"stride 2 where torch has {stride}", f"strides={stride}", change={"stride": 2})
    yield trial("conv-dilation", f"dilation 1 where torch has {dilation}", f"dilations={dilation}", change={"dilation": 1})
    yield trial("conv-dilation", f"dilation 2 where torch has {dilation}", f"dilations={dilation}", change={"dilation": 2})
    yield trial("bias-missing", "no bias", "add torch's bias", change={"bias": None})
    axes = tuple(range(2, rank + 2))
    if rank == 2:
        yield trial("conv-layout", "the kernel with height and width swapped", "torch's OIHW → HWIO", change={}, kernel=lambda w: w.transpose(2, 3))
    yield trial("conv-layout", "the kernel turned round", "torch's kernel as it is", change={}, kernel=lambda w: w.flip(axes))
    for axis in axes:
        yield trial("conv-layout", f"the kernel reversed along axis {axis}", "torch's kernel as it is", change={}, kernel=lambda w, d=axis: w.flip(d))


def _tuple(value: Any, rank: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,) * rank
