"""Pooling and reductions: the other kind, other windows, borders, axes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from parity.frameworks.torch_tracing import Op, Ref
from parity.frameworks.trials.trial import Function, OpTrial, bound


def pooling(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    x = inputs[0]
    rank = x.dim() - 2
    words = bound(op, (x, *op.args[1:]), {k: v for k, v in op.kwargs.items() if k != "input"})
    plain = op.name.replace("boolean_dispatch", "max_pool").replace("_with_indices", "")
    is_max = "max" in plain or plain == "boolean_dispatch" or "max" in getattr(op.function, "__doc__", "")[:200]
    kernel = words.get("kernel_size", op.args[1] if len(op.args) > 1 else 2)
    kernels = (kernel,) * rank if isinstance(kernel, int) else tuple(kernel)
    stride = words.get("stride") or (op.args[2] if len(op.args) > 2 else None) or kernel
    strides = (stride,) * rank if isinstance(stride, int) else tuple(stride)
    padding = words.get("padding", op.kwargs.get("padding", op.args[3] if len(op.args) > 3 else 0))
    pads = (padding,) * rank if isinstance(padding, int) else tuple(padding or (0,) * rank)
    maximum = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}[rank]
    mean = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[rank]
    told = f"{'max' if is_max else 'average'} pooling of {kernel}"
    kind = maximum if is_max else mean
    yield OpTrial(
        "pool-kind",
        f"{'average' if is_max else 'max'} pooling where torch has {told}",
        f"use {'MaxPooling' if is_max else 'AveragePooling'}{rank}D",
        lambda x, *a, **k: (mean if is_max else maximum)(x, kernels, strides, pads),
    )
    if is_max:
        yield OpTrial("pool-kind", "average pooling without the padding", "use max pooling", lambda x, *a, **k: _mean_inside(x, kernels, strides, pads, mean))

    def padded(x: torch.Tensor, before: tuple[int, ...], after: tuple[int, ...], value: float) -> torch.Tensor:
        return F.pad(x, [n for i in reversed(range(rank)) for n in (before[i], after[i])], value=value)

    same = _same_pads(x.shape[2:], kernels, strides)
    slug = "maxpool-pad" if is_max else "avgpool-include-pad"
    fix = f"ZeroPadding{rank}D({padding}) before, padding='valid'" if not is_max else f"pad with -inf by {padding} on both sides, padding='valid'"
    for label, (before, after) in {"'same' (pads at the end first)": same, "no padding": ((0,) * rank, (0,) * rank)}.items():
        low = float("-inf") if is_max else 0.0
        yield OpTrial(slug, f"{label} where torch pads {padding}", fix, lambda x, *a, b=before, e=after, v=low, **k: kind(padded(x, b, e, v), kernels, strides))
        if not is_max:
            yield OpTrial(
                "avgpool-include-pad",
                f"{label}, the padding left out of the mean",
                fix,
                lambda x, *a, b=before, e=after, **k: kind(padded(x, b, e, 0), kernels, strides) / kind(padded(torch.ones_like(x), b, e, 0), kernels, strides),
            )
    yield OpTrial(
        "maxpool-pad",
        "zeros at the border where torch's max pooling never chooses padding",
        "pad with -inf",
        lambda x, *a, **k: kind(padded(x, pads, pads, 0.0), kernels, strides),
    )
    if not is_max and any(pads):
        yield OpTrial("avgpool-include-pad", "the padding is left out of the mean", fix, lambda x, *a, **k: _mean_inside(x, kernels, strides, pads, mean))
        yield OpTrial(
            "avgpool-include-pad", "the padding is counted in the mean", fix, lambda x, *a, **k: mean(x, kernels, strides, pads, count_include_pad=True)
        )
    for ceil in (True, False):
        yield OpTrial(
            "ceil-mode",
            f"ceil_mode={ceil}",
            "the size of torch's output: pad at the end",
            lambda x, *a, c=ceil, **k: kind(x, kernels, strides, pads, ceil_mode=c),
        )
    for k2 in {2, 3, *kernels} - ({kernels[0]} if len(set(kernels)) == 1 else set()):
        yield OpTrial("pool-size", f"a window of {k2}", f"pool_size={kernel}", lambda x, *a, s=k2, **k: kind(x, s, strides, 0))
    for s2 in (1, 2, 3):
        yield OpTrial("pool-size", f"a stride of {s2}", f"strides={stride}", lambda x, *a, s=s2, **k: kind(x, kernels, s, pads))
    yield OpTrial("layer-missing", f"nothing where torch has {told}", f"add {told}", lambda x, *a, **k: x)


def _mean_inside(x: torch.Tensor, kernels: Any, strides: Any, pads: Any, mean: Function) -> torch.Tensor:
    return mean(x, kernels, strides, pads) / mean(torch.ones_like(x), kernels, strides, pads)


def _same_pads(sizes: Any, kernels: Any, strides: Any, dilations: Any = None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    totals = [
        max((math.ceil(n / s) - 1) * s + (k - 1) * (dilations[i] if dilations else 1) + 1 - n, 0)
        for i, (n, k, s) in enumerate(zip(sizes, kernels, strides, strict=True))
    ]
    return tuple(t // 2 for t in totals), tuple(t - t // 2 for t in totals)


def reductions(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """adaptive_*_pool, mean, sum, amax over axes: another reduction, or one place instead of all."""
    x = inputs[0]
    if len(op.args) > 1 and isinstance(op.args[1], Ref):  # the larger or smaller of two, element by element
        for label, pick in {"the larger of the two": torch.maximum, "the smaller of the two": torch.minimum}.items():
            yield OpTrial("reduction-other", f"{label} where torch has {op.name}", f"use {op.name}", lambda x, y, *a, f=pick, **k: f(x, y))
        for label, place in (("the first", 0), ("the second", 1)):
            yield OpTrial("operand-missing", f"{label} alone where torch has {op.name} of two", f"use {op.name}", lambda *a, i=place, **k: a[i])
        return
    adaptive = "adaptive" in op.name
    axes = tuple(range(2, x.dim())) if adaptive else _axes_of(op, x)
    keep = adaptive or bool(op.kwargs.get("keepdim", op.args[2] if len(op.args) > 2 else False))
    told = f"{op.name} over axes {axes}"
    if adaptive:
        size = op.args[1] if len(op.args) > 1 else op.kwargs.get("output_size")
        if size not in (1, (1,), (1, 1), (1, 1, 1), [1, 1], [1]):
            other = {True: "avg", False: "max"}["max" in op.name]
            function = getattr(F, f"adaptive_{other}_pool{x.dim() - 2}d")
            yield OpTrial("pool-kind", f"{other} pooling", f"use {op.name}", lambda x, *a, f=function, s=size, **k: f(x, s))
            return
    kinds: dict[str, Function] = {
        "the mean": lambda x, d: x.mean(d, keepdim=keep),
        "the maximum": lambda x, d: torch.amax(x, d, keepdim=keep),
        "the sum": lambda x, d: x.sum(d, keepdim=keep),
        "the minimum": lambda x, d: torch.amin(x, d, keepdim=keep),
        "the median": lambda x, d: x.median(d[0], keepdim=keep).values if len(d) == 1 else x.mean(d, keepdim=keep),
        "the deviation": lambda x, d: x.std(d, keepdim=keep),
        "the biased deviation": lambda x, d: x.std(d, keepdim=keep, unbiased=False),
        "the variance": lambda x, d: x.var(d, keepdim=keep),
        "the biased variance": lambda x, d: x.var(d, keepdim=keep, unbiased=False),
    }
    for label, function in kinds.items():
        yield OpTrial("reduction-other", f"{label} where torch has {told}", f"use {op.name}", lambda x, *a, f=function, **k: f(x, axes))
    if len(axes) == 1:
        for label, place in (("the first place", 0), ("the last place", -1)):
            yield OpTrial(
                "time-step", f"{label} of axis {axes[0]} where torch has {told}", f"use {op.name}", lambda x, *a, p=place, **k: _picked(x, axes[0], p, keep)
            )
        count = x.shape[axes[0]]
        same = next((k for k in ("mean", "sum", "maximum", "minimum") if k.startswith(op.name.removeprefix("a"))), "mean")
        for label, start, size in (("the last place", 0, count - 1), ("the first place", 1, count - 1), ("the last half", 0, count // 2)) if count > 2 else ():
            yield OpTrial(
                "reduction-other",
                f"{label} of axis {axes[0]} left out, where torch has {told}",
                f"use {op.name} of all",
                lambda x, *a, s=start, n=size, **k: kinds[f"the {same}"](x.narrow(axes[0], s, n), axes),
            )
    for elsewhere in range(x.dim()):
        if (elsewhere,) != axes:
            yield OpTrial(
                "axis-other",
                f"over axis {elsewhere} (of torch's) where torch has {told}",
                f"use torch's axes {axes}",
                lambda x, *a, d=elsewhere, **k: kinds["the mean" if "mean" in op.name or adaptive else "the sum"](x, (d,)),
            )


def spreads(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """var, std, var_mean: with and without Bessel's correction, over other axes."""
    correction = bound(op, op.args, op.kwargs).get("correction", op.kwargs.get("correction"))
    told = {0: "the biased variance (divided by n)", 1: "the unbiased variance (divided by n - 1)"}
    for other in (0, 1):
        if other != correction:
            yield OpTrial("std-unbiased", told[other], f"correction={correction if correction is not None else 1}", _spread(op, correction=other))
    for axis in range(inputs[0].dim()):
        yield OpTrial("axis-other", f"over axis {axis} (of torch's)", "torch's axes", _spread(op, dim=axis))


def _spread(op: Op, **changes: Any) -> Function:
    function = getattr(torch, op.name)

    def run(x: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        words = dict(kwargs)
        words.pop("unbiased", None)
        if args and not isinstance(args[0], bool):
            words["dim"] = args[0]
        words.setdefault("keepdim", bool(args[2]) if len(args) > 2 else False)
        return function(x, **{**words, **changes})

    return run


def places(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """argmax, argmin: along another axis, or the other one."""
    for name in ("argmax", "argmin"):
        for axis in range(inputs[0].dim()):
            yield OpTrial("axis-other", f"{name} over axis {axis} (of torch's) where torch has {op.name}", "torch's axis", _place(getattr(torch, name), axis))


def _place(function: Function, axis: int) -> Function:
    return lambda x, *a, **k: function(x, axis)


def _picked(x: torch.Tensor, axis: int, place: int, keep: bool) -> torch.Tensor:
    found = x.select(axis, place)
    return found.unsqueeze(axis) if keep else found


def _axes_of(op: Op, x: torch.Tensor) -> tuple[int, ...]:
    axes = op.kwargs.get("dim", op.args[1] if len(op.args) > 1 else None)
    if axes is None:
        return tuple(range(x.dim()))
    return tuple(a % x.dim() for a in ((axes,) if isinstance(axes, int) else tuple(axes)))
