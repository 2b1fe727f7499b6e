"""Joining, sums, products, constants."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from itertools import combinations

import torch

from parity.frameworks.torch_tracing import Op
from parity.frameworks.trials.trial import Function, OpTrial


def joining(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
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


def arithmetic(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """Sums and products of two values: one of them missing, another operation, other constants."""
    name = op.name.strip("_").removeprefix("r").removeprefix("i")
    if len(op.inputs) >= 2:
        slug = "residual-missing" if "add" in name else "operand-missing"
        yield OpTrial(slug, f"only the first operand of torch's {name}", f"{name} both", lambda x, y, *a, **k: x + torch.zeros_like(y))
        yield OpTrial(slug, f"only the second operand of torch's {name}", f"{name} both", lambda x, y, *a, **k: y + torch.zeros_like(x))
    constants = [v for v in (*op.args, *op.kwargs.values()) if isinstance(v, (int, float)) and not isinstance(v, bool)]
    tensors = [v for v in op.args if isinstance(v, torch.Tensor) and not isinstance(v, torch.nn.Parameter)]
    parameters = [i for i, v in enumerate(op.args[:2]) if isinstance(v, torch.nn.Parameter)]
    if len([v for v in op.args[:2] if not isinstance(v, (int, float))]) == 2:
        yield from _in_part(name, inputs)
        yield from _repeated(op, inputs) if len(inputs) == 2 else ()
    if constants or tensors or parameters:
        kept = 1 - parameters[0] if parameters else None
        yield OpTrial(
            "scale-missing",
            f"no {name} by {constants[0] if constants else 'a constant'} where torch has one",
            f"{name} by it",
            lambda x, y, *a, o=kept, **k: (x, y)[o] if o is not None else x if isinstance(x, torch.Tensor) and x.dim() else y,
        )
    others: dict[str, Function] = {
        "the sum": lambda x, y: x + y,
        "the product": lambda x, y: x * y,
        "the difference": lambda x, y: x - y,
        "the difference the other way round": lambda x, y: y - x,
        "the quotient": lambda x, y: x / y,
        "the quotient the other way round": lambda x, y: y / x,
        "the mean of both": lambda x, y: (x + y) / 2,
        "the maximum of both": lambda x, y: torch.maximum(torch.as_tensor(x, dtype=torch.float64), torch.as_tensor(y, dtype=torch.float64)),
        "the sum twice over": lambda x, y: x + 2 * y,
        "the sum with the first doubled": lambda x, y: 2 * x + y,
        "x·(1 + y)": lambda x, y: x * (1 + y),
        "x·(1 − y)": lambda x, y: x * (1 - y),
    }
    for label, function in others.items():
        yield OpTrial("operation-other", f"{label} where torch has {name}", f"use {name}", lambda x, y, *a, f=function, **k: f(x, y))
    for axis in range(inputs[1].dim()) if len(inputs) == 2 and len(op.inputs) >= 2 else ():
        if inputs[1].shape[axis] > 1:
            says = f"axis {axis} of the second operand reversed"
            yield OpTrial("flipped", says, "remove the reversal", lambda x, y, *a, d=axis, **k: op.function(x, torch.flip(y, [d]), *a, **k))
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
            **_by_size(name, inputs[0], v),
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


def _repeated(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """A value that goes over an axis again and again (a mask a window, for each image) dealt out the other way: each of its parts several times in a row."""
    x, y = inputs
    for axis in range(x.dim() - 1):
        back = axis + 1 - x.dim()  # of the other's, counted from the end
        if -back > y.dim() or (-back < y.dim() and y.shape[back - 1] != 1) or y.shape[back] != x.shape[axis + 1] or 1 in x.shape[axis : axis + 2]:
            continue

        def run(x: torch.Tensor, y: torch.Tensor, *a: object, b: int = back, n: int = x.shape[axis], **k: object) -> torch.Tensor:
            many = y.squeeze(b - 1) if y.dim() > -b else y
            return op.function(x, many.repeat_interleave(n, b).unflatten(b, (n, -1)))

        says = f"the parts of the second operand each {x.shape[axis]} times in a row where torch goes through all of them {x.shape[axis]} times"
        yield OpTrial("copies-order", says, "torch's order of axes", run)


def _by_size(name: str, x: torch.Tensor, value: float) -> dict[str, float]:
    """Scores are scaled by the root of a width: of which axes, people mix up."""
    sizes = {f"axis {i}": x.shape[i] for i in range(1, x.dim())}
    sizes |= {f"axes {i} and {j} together": x.shape[i] * x.shape[j] for i, j in combinations(range(1, x.dim()), 2)}
    told = {f"the root of the size of {which}": math.sqrt(n) for which, n in sizes.items() if n > 1}
    return {f"1 / {which}" if name == "mul" else which: 1 / root if name == "mul" else root for which, root in told.items() if abs(value) not in (0.0, 1.0)}


def _in_part(name: str, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """The operation done but for the first or last place of an axis."""
    functions: dict[str, Function] = {"add": torch.add, "sub": torch.sub, "mul": torch.mul}
    if name not in functions:
        return
    function = functions[name]
    for axis in range(1, max(i.dim() for i in inputs)):
        for place, told in ((0, "first"), (-1, "last")):

            def run(x: torch.Tensor, y: torch.Tensor, *a: object, d: int = axis, p: int = place, **k: object) -> torch.Tensor:
                made = function(x, y)
                made.select(d, p).copy_(torch.broadcast_to(x, made.shape).select(d, p))
                return made

            slug = "residual-missing" if name == "add" else "operand-missing"
            yield OpTrial(slug, f"only the first operand of torch's {name} at the {told} place of axis {axis}", f"{name} both everywhere", run)


COMPARISONS = {name: getattr(operator, name) for name in ("lt", "le", "gt", "ge", "eq", "ne")}


def comparisons(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """One comparison for another: off by one, inverted."""
    name = op.name.strip("_")
    for other, function in COMPARISONS.items():
        if other != name:
            yield OpTrial("comparison-other", f"{other} where torch has {name}", f"use {name}", lambda x, y, *a, f=function, **k: f(x, y))


def products(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """matmul, bmm, einsum of two values."""
    if len(inputs) < 2 or op.name not in {"matmul", "bmm", "mm", "__matmul__"}:
        return
    yield OpTrial("operand-order", "the operands swapped", "torch's order", lambda x, y, *a, **k: torch.matmul(y, x))
    yield OpTrial("operand-transposed", "the first operand transposed", "torch's first operand", lambda x, y, *a, **k: torch.matmul(x.transpose(-1, -2), y))
    yield OpTrial("operand-transposed", "the second operand transposed", "torch's second operand", lambda x, y, *a, **k: torch.matmul(x, y.transpose(-1, -2)))
    yield OpTrial("operand-transposed", "the product transposed", "torch's product", lambda x, y, *a, **k: torch.matmul(y, x).transpose(-1, -2))
    yield OpTrial("operand-repeated", "the first operand twice", "both operands", lambda x, y, *a, **k: torch.matmul(x, x.transpose(-1, -2)))
