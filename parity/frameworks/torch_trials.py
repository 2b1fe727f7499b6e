"""Changes of one PyTorch operation: what a port may have done in its place. Each is one attribute, or one operation for another; none is a formula of Keras'."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F

from parity.frameworks.torch_tracing import Op

Function = Callable[..., Any]


@dataclass(frozen=True)
class OpTrial:
    """`function` in the place of an operation; `cause` is a slug of the catalogue, `says` what the Keras side then does, `fix` the line that mends it."""

    cause: str
    says: str
    fix: str
    function: Function


ACTIVATIONS: dict[str, Function] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu (tanh)": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "elu": F.elu,
    "selu": F.selu,
    "leaky_relu(0.01)": lambda x: F.leaky_relu(x, 0.01),
    "leaky_relu(0.1)": lambda x: F.leaky_relu(x, 0.1),
    "leaky_relu(0.2)": lambda x: F.leaky_relu(x, 0.2),
    "leaky_relu(0.3)": lambda x: F.leaky_relu(x, 0.3),
    "softplus": F.softplus,
    "softsign": F.softsign,
    "relu6": F.relu6,
    "hard_sigmoid": F.hardsigmoid,
    "hard_silu": F.hardswish,
    "mish": F.mish,
    "exp": torch.exp,
    "square": torch.square,
    "abs": torch.abs,
    "celu": F.celu,
    "hard_tanh": F.hardtanh,
    "log_sigmoid": F.logsigmoid,
    "tanh_shrink": F.tanhshrink,
    "sqrt": torch.sqrt,
    "negative": torch.neg,
}
AXIS_FUNCTIONS: dict[str, Function] = {"softmax": torch.softmax, "log_softmax": torch.log_softmax}
ACTIVATION_NAMES = frozenset(
    [
        "relu",
        "relu_",
        "gelu",
        "silu",
        "silu_",
        "tanh",
        "tanh_",
        "sigmoid",
        "sigmoid_",
        "elu",
        "elu_",
        "selu",
        "selu_",
        "leaky_relu",
        "leaky_relu_",
        "softplus",
        "softsign",
        "relu6",
        "hardsigmoid",
        "hardswish",
        "hardtanh",
        "mish",
        "celu",
        "logsigmoid",
        "tanhshrink",
        "rrelu",
        "prelu",
        "exp",
        "clamp",
        "clamp_",
        "clip",
        "clamp_min",
        "threshold",
        "softmax",
        "log_softmax",
        "softmin",
        "glu",
        "hardshrink",
        "softshrink",
        "abs",
        "square",
        "pow",
        "sqrt",
        "normalize",
    ]
)
_SLUG = {"gelu": "gelu", "gelu (tanh)": "gelu", "hard_sigmoid": "hard-sigmoid", "softmax": "softmax-axis"}


def op_trials(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """The likely changes first. `inputs` are the values of the operation's references, in order."""
    name = op.name
    yield from _special(op, name, inputs)
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
        yield from _activations(op, name, inputs)
    yield from _shared(op, name, inputs)


def _special(op: Op, name: str, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    for names, maker in _MAKERS:
        if name in names:
            yield from maker(op, inputs)


def _bound(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by name, where the signature can be read."""
    try:
        signature = inspect.signature(op.function)
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return dict(bound.arguments)
    except (TypeError, ValueError):
        return {}


def _with(op: Op, **changes: Any) -> Function:
    """The same operation with some arguments changed."""

    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            signature = inspect.signature(op.function)
            bound = signature.bind(*args, **kwargs)
            bound.arguments.update(changes)
            return op.function(*bound.args, **bound.kwargs)
        except ValueError:  # a builtin has no signature
            return op.function(*args, **{**kwargs, **changes})

    return run


def _activations(op: Op, name: str, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    if not inputs:
        return
    yield OpTrial("activation-missing", f"nothing where torch applies {name}", f"apply {name} here", lambda x, *a, **k: x)
    for other, function in ACTIVATIONS.items():
        slug = _SLUG.get(other, "activation-other")
        if name.startswith("leaky_relu") and other.startswith("leaky_relu"):
            slug = "leaky-relu"
        elif (not (name.startswith(("gelu",)) and other.startswith("gelu")) and slug == "gelu") or (slug == "hard-sigmoid" and "sigmoid" not in name):
            slug = "activation-other"
        yield OpTrial(slug, f"{other} where torch applies {_told(op, name)}", f"use {_told(op, name)}", lambda x, *a, f=function, **k: f(x))
    for slope in (0.0, 0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5):
        yield OpTrial("leaky-relu", f"a negative slope of {slope}", f"use {_told(op, name)}", lambda x, *a, s=slope, **k: torch.where(x > 0, x, x * s))
    for alpha in (0.1, 0.5, 1.0, 1.5, 2.0):
        yield OpTrial("activation-parameter", f"alpha={alpha}", f"use {_told(op, name)}", lambda x, *a, s=alpha, **k: F.elu(x, s))
    for beta in (0.5, 1.0, 2.0, 3.0, 5.0, 10.0):
        yield OpTrial("activation-parameter", f"beta={beta}", f"use {_told(op, name)}", lambda x, *a, s=beta, **k: F.softplus(x, s))
        yield OpTrial("activation-parameter", f"beta={beta}", f"use {_told(op, name)}", lambda x, *a, s=beta, **k: x * torch.sigmoid(s * x))
    yield OpTrial("hard-sigmoid", "Keras 2's hard sigmoid, 0.2·x + 0.5", "use sigmoid", lambda x, *a, **k: torch.clamp(0.2 * x + 0.5, 0, 1))
    yield OpTrial("gelu", "the sigmoid approximation of gelu", "use the exact gelu", lambda x, *a, **k: x * torch.sigmoid(1.702 * x))
    for axis in range(inputs[0].dim()):
        for other, function in AXIS_FUNCTIONS.items():
            told = f"{other} over axis {axis} (of torch's) where torch applies {_told(op, name)}"
            slug = "softmax-axis" if name in AXIS_FUNCTIONS else "activation-other"
            yield OpTrial(slug, told, f"use {_told(op, name)}", lambda x, *a, f=function, d=axis, **k: f(x, d))
    for low in (-1.0, 0.0, 0.1, 0.5, 1.0, 1e-3, 1e-6, 1e-7, 1e-12):
        yield OpTrial("clamp", f"clamped from below at {low}", f"use {_told(op, name)}", lambda x, *a, s=low, **k: torch.clamp(x, min=s))
    for high in (0.5, 1.0, 2.0, 4.0, 5.0, 6.0, 10.0, 100.0):
        yield OpTrial("clamp", f"clamped from above at {high}", f"use {_told(op, name)}", lambda x, *a, s=high, **k: torch.clamp(x, max=s))
        yield OpTrial("clamp", f"clamped to 0 … {high}", f"use {_told(op, name)}", lambda x, *a, s=high, **k: torch.clamp(x, 0, s))
    for power in (0.5, 1.5, 2.0, 3.0):
        yield OpTrial("activation-other", f"the power {power}", f"use {_told(op, name)}", lambda x, *a, s=power, **k: torch.pow(x, s))


def _told(op: Op, name: str) -> str:
    """The operation with its plain arguments: leaky_relu(0.01)."""
    plain = [str(a) for a in op.args[1:] if isinstance(a, (int, float, str, bool)) or (isinstance(a, tuple) and all(isinstance(i, int) for i in a))]
    plain += [f"{k}={v}" for k, v in op.kwargs.items() if isinstance(v, (int, float, str, bool)) and k not in ("inplace", "_stacklevel")]
    return f"{name}({', '.join(plain)})" if plain else name


def _pooling(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    x = inputs[0]
    rank = x.dim() - 2
    words = _bound(op, (x, *op.args[1:]), {k: v for k, v in op.kwargs.items() if k != "input"})
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


def _global(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """adaptive_*_pool, mean, sum, amax over axes: another reduction, or one place instead of all."""
    x = inputs[0]
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
    for other in range(x.dim()):
        if (other,) != axes:
            yield OpTrial(
                "axis-other",
                f"over axis {other} (of torch's) where torch has {told}",
                f"use torch's axes {axes}",
                lambda x, *a, d=other, **k: kinds["the mean" if "mean" in op.name or adaptive else "the sum"](x, (d,)),
            )


def _picked(x: torch.Tensor, axis: int, place: int, keep: bool) -> torch.Tensor:
    found = x.select(axis, place)
    return found.unsqueeze(axis) if keep else found


def _axes_of(op: Op, x: torch.Tensor) -> tuple[int, ...]:
    axes = op.kwargs.get("dim", op.args[1] if len(op.args) > 1 else None)
    if axes is None:
        return tuple(range(x.dim()))
    return tuple(a % x.dim() for a in ((axes,) if isinstance(axes, int) else tuple(axes)))


def _interpolation(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    x = inputs[0]
    words = _bound(op, (x, *op.args[1:]), {k: v for k, v in op.kwargs.items() if k != "input"})
    size, factor = words.get("size"), words.get("scale_factor")
    told = f"interpolate(mode={words.get('mode', 'nearest')!r}, align_corners={words.get('align_corners')})"
    modes = {3: ["nearest", "linear"], 4: ["nearest", "bilinear", "bicubic", "nearest-exact"], 5: ["nearest", "trilinear"]}[x.dim()]
    for mode in modes:
        for corners in (False, True) if mode not in ("nearest", "nearest-exact") else (None,):
            for smooth in (False, True) if mode in ("bilinear", "bicubic") else (False,):
                slug = "bilinear-align-corners" if mode == words.get("mode") and corners != words.get("align_corners") else "resize-kind"
                slug = "resize-antialias" if smooth else slug
                label = mode + (f", align_corners={corners}" if corners is not None else "") + (", antialias" if smooth else "")
                yield OpTrial(
                    slug,
                    f"{label} where torch has {told}",
                    f"resize as {told} does",
                    lambda x, *a, m=mode, c=corners, s=smooth, **k: F.interpolate(x, size, factor, m, c, antialias=s),
                )
    yield OpTrial("layer-missing", f"nothing where torch has {told}", "resize here", lambda x, *a, **k: x)


def _joining(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """cat and stack: another order, another axis."""
    from itertools import islice, permutations

    count = len(inputs)
    axis = op.kwargs.get("dim", op.args[1] if len(op.args) > 1 else 0)
    for order in islice(permutations(range(count)), 1, 24):
        yield OpTrial(
            "concat-order",
            f"the parts joined in the order {list(order)}",
            f"join them in torch's order {list(range(count))}",
            lambda parts, *a, o=order, **k: op.function([parts[i] for i in o], *a, **k),
        )
    for other in range(inputs[0].dim()):
        if other != axis % inputs[0].dim():
            yield OpTrial(
                "concat-axis",
                f"joined along axis {other} (of torch's)",
                f"join along torch's axis {axis}",
                lambda parts, *a, d=other, **k: op.function(list(parts), d),
            )
    for i in range(count):
        yield OpTrial(
            "concat-repeated", f"part {i} in the place of another", "join all parts", lambda parts, *a, i=i, **k: op.function([parts[i]] * len(parts), *a, **k)
        )
    if count == 2:
        yield OpTrial("concat-added", "the skip is added as well", "join only", lambda parts, *a, **k: op.function([parts[0], parts[0] + parts[1]], *a, **k))
        yield OpTrial("concat-added", "the skip is added as well", "join only", lambda parts, *a, **k: op.function([parts[0] + parts[1], parts[1]], *a, **k))


def _arithmetic(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """Sums and products of two values: one of them missing, another operation, other constants."""
    name = op.name.strip("_").removeprefix("r").removeprefix("i")
    if len(op.inputs) >= 2:
        slug = "residual-missing" if "add" in name else "operand-missing"
        yield OpTrial(slug, f"only the first operand of torch's {name}", f"{name} both", lambda x, y, *a, **k: x + torch.zeros_like(y))
        yield OpTrial(slug, f"only the second operand of torch's {name}", f"{name} both", lambda x, y, *a, **k: y + torch.zeros_like(x))
    others: dict[str, Function] = {
        "the sum": lambda x, y: x + y,
        "the product": lambda x, y: x * y,
        "the difference": lambda x, y: x - y,
        "the difference the other way round": lambda x, y: y - x,
        "the quotient": lambda x, y: x / y,
        "the quotient the other way round": lambda x, y: y / x,
        "the mean of both": lambda x, y: (x + y) / 2,
        "the maximum of both": lambda x, y: torch.maximum(torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)),
        "the sum with the second ReLU'd": lambda x, y: x + F.relu(torch.as_tensor(y, dtype=torch.float64)),
        "the sum with the first ReLU'd": lambda x, y: F.relu(torch.as_tensor(x, dtype=torch.float64)) + y,
        "the sum twice over": lambda x, y: x + 2 * y,
        "the sum with the first doubled": lambda x, y: 2 * x + y,
        "x·(1 + y)": lambda x, y: x * (1 + y),
        "x·(1 − y)": lambda x, y: x * (1 - y),
    }
    for label, function in others.items():
        yield OpTrial("operation-other", f"{label} where torch has {name}", f"use {name}", lambda x, y, *a, f=function, **k: f(x, y))
    constants = [v for v in (*op.args, *op.kwargs.values()) if isinstance(v, (int, float)) and not isinstance(v, bool)]
    tensors = [v for v in op.args if isinstance(v, torch.Tensor) and not isinstance(v, torch.nn.Parameter)]
    if constants or tensors:
        yield OpTrial(
            "scale-missing",
            f"without torch's {name} by {constants[0] if constants else 'a constant'}",
            f"{name} by it",
            lambda x, y, *a, **k: x if isinstance(x, torch.Tensor) and x.dim() else y,
        )
    for value in constants[:1]:
        v = float(value)
        for label, other in {
            "its square": v * v,
            "its root": math.sqrt(v) if v >= 0 else v,
            "its inverse": 1 / v if v else v,
            "its negative": -v,
            "1/255": 1 / 255,
            "127.5": 127.5,
            "255": 255.0,
        }.items():
            yield OpTrial(
                "scale-other",
                f"{label}, {other:.6g}, where torch has {value}",
                f"use {value}",
                lambda x, y, *a, o=other, **k: op.function(*((x, o) if isinstance(x, torch.Tensor) else (o, y)), *a, **k),
            )
    for tensor in tensors[:1]:
        for axis in range(tensor.dim()):
            if tensor.shape[axis] > 1:
                yield OpTrial(
                    "imagenet-preprocess",
                    f"the constants of axis {axis} in reverse (RGB for BGR)",
                    "use torch's order",
                    lambda x, y, *a, d=axis, **k: op.function(x, torch.flip(y, [d]), *a, **k),
                )


def _selection(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """Indexing and select: another place, or a reduction."""
    x = inputs[0]
    if op.name == "select":
        found = [(op.args[1] if len(op.args) > 1 else op.kwargs["dim"], op.args[2] if len(op.args) > 2 else op.kwargs["index"])]
    else:
        index = op.args[1] if len(op.args) > 1 else None
        entries = index if isinstance(index, tuple) else (index,)
        found = [
            (axis, entry) for axis, entry in enumerate(entries) if isinstance(entry, int) and not isinstance(entry, bool) and Ellipsis not in entries[:axis]
        ]
        if any(e is Ellipsis for e in entries):
            back = list(entries[entries.index(Ellipsis) + 1 :])
            found += [(x.dim() - len(back) + i, e) for i, e in enumerate(back) if isinstance(e, int)]
        yield from _slices(op, x, entries)
    for axis, place in found:
        for label, other in (("the first place", 0), ("the last place", -1), ("the next place", place + 1), ("the place before", place - 1)):
            if other != place and -x.shape[axis] <= other < x.shape[axis]:
                slug = "bidir-last" if "last" in label or place == -1 else "time-step"
                yield OpTrial(slug, f"{label} of axis {axis} where torch takes {place}", f"take {place}", lambda x, *a, d=axis, o=other, **k: x.select(d, o))
        for label, function in {"the mean": torch.mean, "the maximum": torch.amax, "the sum": torch.sum}.items():
            yield OpTrial(
                "time-step", f"{label} over axis {axis} where torch takes place {place}", f"take {place}", lambda x, *a, d=axis, f=function, **k: f(x, d)
            )


def _slices(op: Op, x: torch.Tensor, entries: tuple[Any, ...]) -> Iterator[OpTrial]:
    for axis, entry in enumerate(entries):
        if isinstance(entry, slice) and (entry.start or entry.stop) and axis < x.dim() and Ellipsis not in entries[:axis]:
            start, stop, _ = entry.indices(x.shape[axis])
            for shift in (-1, 1, -start, x.shape[axis] - stop):
                if shift and start + shift >= 0 and stop + shift <= x.shape[axis]:
                    moved = slice(start + shift, stop + shift)
                    new = (*entries[:axis], moved, *entries[axis + 1 :])
                    yield OpTrial(
                        "slice-shifted",
                        f"the slice {moved.start}:{moved.stop} of axis {axis} where torch takes {start}:{stop}",
                        "take torch's slice",
                        lambda x, *a, n=new, **k: x[n],
                    )


def _chunks(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """split, chunk, unbind: the parts in another order."""
    from itertools import islice, permutations

    for order in islice(permutations(range(len(op.outputs))), 1, 24):
        yield OpTrial(
            "split-order",
            f"the parts taken in the order {list(order)}",
            "take them in torch's order",
            lambda *a, o=order, **k: [op.function(*a, **k)[i] for i in o],
        )


def _padding(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    pads = list(op.args[1] if len(op.args) > 1 else op.kwargs["pad"])
    mode = op.args[2] if len(op.args) > 2 else op.kwargs.get("mode", "constant")
    swapped = [pads[i ^ 1] for i in range(len(pads))]
    turned = [n for i in range(0, len(pads), 2) for n in reversed(pads[i : i + 2])]
    after = [n for i in range(0, len(pads), 2) for n in (0, pads[i] + pads[i + 1])]
    before = [n for i in range(0, len(pads), 2) for n in (pads[i] + pads[i + 1], 0)]
    axes = [n for i in range(len(pads) - 2, -1, -2) for n in pads[i : i + 2]]
    for label, other in {"the sides swapped": swapped, "turned": turned, "all at the end": after, "all at the start": before, "the axes swapped": axes}.items():
        yield OpTrial("pad-order", f"padded with {label}: {other} where torch pads {pads}", f"pad {pads}", lambda x, *a, o=tuple(other), **k: F.pad(x, o, mode))
    for kind in ("constant", "reflect", "replicate", "circular"):
        yield OpTrial("pad-modes", f"padding mode {kind!r} where torch has {mode!r}", f"pad with {mode!r}", lambda x, *a, m=kind, **k: F.pad(x, tuple(pads), m))
    for value in (0.0, 1.0, -1.0, float("-inf")):
        yield OpTrial("pad-modes", f"padded with {value}", "pad with torch's value", lambda x, *a, v=value, **k: F.pad(x, tuple(pads), "constant", v))
    yield OpTrial("pad-missing", f"no padding where torch pads {pads}", f"pad {pads}", lambda x, *a, **k: x)


def _reshaping(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """flatten, view, reshape, permute, transpose: another order of the axes."""
    from itertools import permutations

    x = inputs[0]
    if x.dim() > 5:
        return
    slug = "flatten-order" if op.name == "flatten" or (len(op.outputs) == 1 and op.name in {"view", "reshape"}) else "axes-order"
    for axes in permutations(range(x.dim())):
        if axes == tuple(range(x.dim())) or (axes[0] != 0 and x.dim() > 3):
            continue
        if op.name in {"permute", "transpose", "movedim", "swapaxes", "t"}:
            yield OpTrial("axes-order", f"the axes in the order {axes}", "torch's order of axes", lambda x, *a, p=axes, **k: x.permute(p))
            yield OpTrial(
                "reshape-not-transpose",
                "a reshape where torch moves axes",
                "transpose instead of reshaping",
                lambda x, *a, **k: x.reshape(op.function(x, *a, **k).shape),
            )
        else:
            yield OpTrial(
                slug,
                f"the axes in the order {axes} before {op.name}",
                f"put the axes into torch's order before {op.name}",
                lambda x, *a, p=axes, **k: op.function(x.permute(p).contiguous(), *a, **k),
            )
    yield OpTrial("axes-order", f"nothing where torch has {op.name}", f"add torch's {op.name}", lambda x, *a, **k: x)


def _masking(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """masked_fill and where: no mask, the opposite mask, another value."""
    value = op.args[2] if len(op.args) > 2 and not isinstance(op.args[2], torch.Tensor) else op.kwargs.get("value")
    yield OpTrial("mask-missing", "no mask", "apply the mask", lambda x, *a, **k: x)
    if "masked_fill" in op.name:
        yield OpTrial(
            "mha-mask-polarity", "the opposite mask: True means keep there, masked here", "invert the mask", lambda x, m, *a, **k: x.masked_fill(~m, *a, **k)
        )
        for other in (-1e4, -1e9, -1e30, float("-inf"), 0.0, -1e3, -100.0, -1e5, -1e8, -1e10, -10000.0):
            yield OpTrial(
                "attn-full-mask-row", f"masked with {other} where torch has {value}", f"use {value}", lambda x, m, *a, v=other, **k: x.masked_fill(m, v)
            )


def _attention(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    q, _k, _v = inputs[:3]
    mask = op.kwargs.get("attn_mask", op.args[3] if len(op.args) > 3 else None)
    causal = op.kwargs.get("is_causal", op.args[5] if len(op.args) > 5 else False)
    sdpa = F.scaled_dot_product_attention
    plain = {"attn_mask": None, "is_causal": False}

    def run(**changes: Any) -> Function:
        return lambda q, k, v, *a, **w: sdpa(
            q, k, v, **{**{"attn_mask": w.get("attn_mask", a[0] if a else None), "is_causal": causal, "scale": w.get("scale")}, **changes}
        )

    if mask is not None or causal:
        yield OpTrial("mask-missing", "no attention mask", "pass the mask", run(**plain))
        yield OpTrial("mask-causal", "a causal mask", "torch's mask", run(attn_mask=None, is_causal=True))
        yield OpTrial(
            "mha-mask-polarity",
            "the opposite mask",
            "True keeps in scaled_dot_product_attention and in Keras",
            lambda q, k, v, m=None, *a, **w: sdpa(q, k, v, ~(w.get("attn_mask", m))),
        )
    else:
        yield OpTrial("mask-causal", "a causal mask where torch has none", "drop use_causal_mask", run(is_causal=True))
    width = q.shape[-1]
    for label, scale in {
        "no scale": 1.0,
        "the width, not its root": 1 / width,
        "the root of the whole width": 1 / math.sqrt(width * (q.shape[1] if q.dim() == 4 else 1)),
        "the squared root": width**-0.25,
    }.items():
        yield OpTrial("attention-layer-scale", f"scores scaled by {label}", "scale scores by 1/√d of a head", run(scale=scale))
    yield OpTrial("mha-arg-order", "query and key swapped", "query first", lambda q, k, v, *a, **w: op.function(k, q, v, *a, **w))
    yield OpTrial("mha-arg-order", "key and value swapped", "Keras takes (query, value, key)", lambda q, k, v, *a, **w: op.function(q, v, k, *a, **w))
    yield OpTrial("mha-arg-order", "the key as value", "the value", lambda q, k, v, *a, **w: op.function(q, k, k, *a, **w))


def _products(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """matmul, bmm, einsum of two values."""
    if len(inputs) < 2 or op.name not in {"matmul", "bmm", "mm", "__matmul__"}:
        return
    yield OpTrial("operand-order", "the operands swapped", "torch's order", lambda x, y, *a, **k: torch.matmul(y, x))
    yield OpTrial("operand-transposed", "the first operand transposed", "torch's first operand", lambda x, y, *a, **k: torch.matmul(x.transpose(-1, -2), y))
    yield OpTrial("operand-transposed", "the second operand transposed", "torch's second operand", lambda x, y, *a, **k: torch.matmul(x, y.transpose(-1, -2)))
    yield OpTrial("operand-transposed", "the product transposed", "torch's product", lambda x, y, *a, **k: torch.matmul(y, x).transpose(-1, -2))
    yield OpTrial("operand-repeated", "the first operand twice", "both operands", lambda x, y, *a, **k: torch.matmul(x, x.transpose(-1, -2)))


def _normalizing(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """Functional norms: epsilon, and the norm left out."""
    yield OpTrial("norm-missing", f"nothing where torch has {op.name}", f"add {op.name}", lambda x, *a, **k: x)
    for eps in (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-12, 0.0):
        yield OpTrial("ln-eps", f"epsilon {eps}", "torch's eps", _with(op, eps=eps))
    if op.name == "normalize":
        for axis in range(inputs[0].dim()):
            yield OpTrial("axis-other", f"normalised along axis {axis} (of torch's)", "torch's axis", _with(op, dim=axis))
        for p in (1.0, 2.0, float("inf")):
            yield OpTrial("norm-def", f"the {p}-norm", "torch's p", _with(op, p=p))


def _shuffling(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    factor = op.args[1] if len(op.args) > 1 else op.kwargs.get("upscale_factor", 2)

    def depth_to_space(x: torch.Tensor, *a: Any, **k: Any) -> torch.Tensor:
        n, c, h, w = x.shape
        depth = c // factor**2
        return x.reshape(n, factor, factor, depth, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, depth, h * factor, w * factor)

    if op.name == "pixel_shuffle":
        yield OpTrial("pixel-shuffle", "depth_to_space, which reads the channels in another order", "permute the channels before", depth_to_space)


def _shared(op: Op, name: str, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """What may befall any operation: left out, or something more behind it."""
    if not inputs:
        return
    yield OpTrial("layer-missing", f"nothing where torch has {name}", f"add torch's {name}", lambda x, *a, **k: x if isinstance(x, torch.Tensor) else x[0])
    for extra, says, cause, fix in relations(inputs[0]):
        yield OpTrial(cause, f"{says} after torch's {name}", fix, lambda *a, f=extra, **k: _on_first(op.function(*a, **k), f))
    for extra, says, cause, fix in relations(inputs[0]):
        yield OpTrial(cause, f"{says} before torch's {name}", fix, lambda x, *a, f=extra, **k: op.function(f(x), *a, **k))


def _on_first(result: Any, function: Function) -> Any:
    return function(result) if isinstance(result, torch.Tensor) else [function(r) for r in result]


def relations(x: torch.Tensor) -> Iterator[tuple[Function, str, str, str]]:
    """What extra code may do to a value: (function, says, cause, fix)."""
    for name, function in ACTIVATIONS.items():
        yield function, f"an extra {name}", "activation-extra", f"remove the {name}"
    for axis in range(1, x.dim()):
        yield (lambda v, d=axis: torch.softmax(v, d)), f"an extra softmax over axis {axis}", "activation-extra", "remove the softmax"
        yield (lambda v, d=axis: torch.log_softmax(v, d)), f"an extra log_softmax over axis {axis}", "activation-extra", "remove the log_softmax"
    for axis in range(x.dim()):
        slug = "channels-reversed" if x.dim() >= 4 and axis == 1 and x.shape[1] <= 4 else "flipped"
        yield (lambda v, d=axis: torch.flip(v, [d])), f"axis {axis} (of torch's) reversed", slug, "remove the reversal"
        for shift in (1, -1):
            yield (lambda v, d=axis, s=shift: torch.roll(v, s, d)), f"axis {axis} rolled by {shift}", "shifted", "remove the shift"
    for axis in range(x.dim()):
        for other in range(axis + 1, x.dim()):
            if x.shape[axis] == x.shape[other]:
                yield (lambda v, d=axis, o=other: v.transpose(d, o)), f"axes {axis} and {other} swapped", "axes-order", "remove the transposition"
    for axis in range(1, x.dim()):
        yield (lambda v, d=axis: F.normalize(v, dim=d)), f"an extra L2 normalisation along axis {axis}", "norm-extra", "remove it"
        yield (lambda v, d=axis: v - v.mean(d, keepdim=True)), f"the mean along axis {axis} taken off", "norm-extra", "remove it"
        yield (lambda v, d=axis: v.cumsum(d)), f"a cumulative sum along axis {axis}", "operation-other", "remove it"
    for value in (1 / 255, 255.0, 1 / 127.5, 2.0, 0.5):
        yield (lambda v, s=value: v * s), f"a factor of {value:.6g}", "scale-extra", "remove the factor"
    yield (lambda v: v / 127.5 - 1), "scaling to -1 … 1", "imagenet-preprocess", "remove the scaling"
    yield (lambda v: v * 2 - 1), "scaling from 0 … 1 to -1 … 1", "imagenet-preprocess", "remove the scaling"
    yield (lambda v: (v + 1) / 2), "scaling from -1 … 1 to 0 … 1", "imagenet-preprocess", "remove the scaling"


_POOLS = frozenset(f"{kind}_pool{n}d{end}" for kind in ("max", "avg") for n in (1, 2, 3) for end in ("", "_with_indices")) | {"boolean_dispatch", "fn"}
_GLOBAL = frozenset(f"adaptive_{kind}_pool{n}d{end}" for kind in ("max", "avg") for n in (1, 2, 3) for end in ("", "_with_indices")) | {
    "mean",
    "sum",
    "amax",
    "max",
    "min",
}
_MAKERS: tuple[tuple[frozenset[str], Callable[[Op, list[torch.Tensor]], Iterator[OpTrial]]], ...] = (
    (_POOLS, _pooling),
    (_GLOBAL, _global),
    (frozenset({"interpolate", "upsample"}), _interpolation),
    (frozenset({"cat", "concat", "concatenate", "stack", "hstack"}), _joining),
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
        _arithmetic,
    ),
    (frozenset({"__getitem__", "select"}), _selection),
    (frozenset({"split", "chunk", "unbind", "tensor_split"}), _chunks),
    (frozenset({"pad"}), _padding),
    (frozenset({"flatten", "view", "reshape", "permute", "transpose", "movedim", "swapaxes", "t", "unflatten"}), _reshaping),
    (frozenset({"masked_fill", "masked_fill_", "where"}), _masking),
    (frozenset({"scaled_dot_product_attention"}), _attention),
    (frozenset({"matmul", "bmm", "mm", "__matmul__"}), _products),
    (frozenset({"layer_norm", "group_norm", "batch_norm", "instance_norm", "rms_norm", "normalize", "local_response_norm"}), _normalizing),
    (frozenset({"pixel_shuffle"}), _shuffling),
)
