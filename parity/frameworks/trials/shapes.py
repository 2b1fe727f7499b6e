"""Places, slices, parts, padding, orders of axes, interpolation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from parity.frameworks.torch_tracing import Op
from parity.frameworks.trials.trial import Function, OpTrial, bound

_SPLITTING = frozenset({"view", "reshape", "unflatten"})


def selection(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
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


def embedding(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """Rows of a table: the next ones, the ones before, in reverse."""
    for by in (1, -1, 2):
        told = f"the rows {by:+d} of those that torch takes"
        yield OpTrial("slice-shifted", told, "torch's rows", lambda x, *a, b=by, **k: op.function((x + b).clamp(min=0), *a, **k))
    yield OpTrial("flipped", "torch's rows in reverse", "torch's rows", lambda x, *a, **k: op.function(x.flip(-1), *a, **k))
    yield OpTrial("slice-shifted", "the first row for all", "torch's rows", lambda x, *a, **k: op.function(torch.zeros_like(x), *a, **k))


def _slices(op: Op, x: torch.Tensor, entries: tuple[Any, ...]) -> Iterator[OpTrial]:
    for axis, entry in enumerate(entries):
        if not isinstance(entry, slice) or axis >= x.dim() or Ellipsis in entries[:axis]:
            continue
        start, stop, step = entry.indices(x.shape[axis])
        for other in range(step if step > 1 else 0):
            if other != start:
                new = (*entries[:axis], slice(other, entry.stop, step), *entries[axis + 1 :])
                told = f"every {step}th place of axis {axis} from {other} on where torch begins at {start}"
                yield OpTrial("slice-shifted", told, "take torch's places", lambda x, *a, n=new, **k: x[n])
        if entry.start or entry.stop:
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


def chunks(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """split, chunk, unbind: the parts in another order."""
    from itertools import islice, permutations

    for order in islice(permutations(range(len(op.outputs))), 1, 24):
        yield OpTrial(
            "split-order",
            f"the parts taken in the order {list(order)}",
            "take them in torch's order",
            lambda *a, o=order, **k: [op.function(*a, **k)[i] for i in o],
        )


def interleaved(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """split, chunk: parts taken in turn from groups, not one behind the other."""
    x, count = inputs[0], len(op.outputs)
    axis = bound(op, op.args, dict(op.kwargs)).get("dim", op.kwargs.get("dim", op.args[2] if len(op.args) > 2 else 0)) % x.dim()
    if count < 2 or x.shape[axis] % count:
        return
    part = x.shape[axis] // count
    for groups in range(2, part + 1):
        if part % groups == 0:

            def run(x: torch.Tensor, *a: Any, g: int = groups, **k: Any) -> list[torch.Tensor]:
                read = x.unflatten(axis, (g, count, part // g))
                return [read.select(axis + 1, i).flatten(axis, axis + 1) for i in range(count)]

            yield OpTrial("split-order", f"the parts taken in turn from {groups} groups", "take each part whole, as torch does", run)


def padding(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
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


def reshaping(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """flatten, view, reshape, permute, transpose: another order of the axes."""
    from itertools import permutations

    x = inputs[0]
    if x.dim() > 6:
        return
    yield from _splits(op, x)
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


def _splits(op: Op, x: torch.Tensor) -> Iterator[OpTrial]:
    """An axis split into parts that are named in another order: (heads, width) read as (width, heads)."""
    from itertools import permutations

    made = tuple(op.function(x, *op.args[1:], **{k: v for k, v in op.kwargs.items() if k != "input"}).shape) if op.name in _SPLITTING else ()
    for start in range(x.dim() if made else 0):
        stop, size = start, 1
        while stop < len(made) and size < x.shape[start]:
            size, stop = size * made[stop], stop + 1
        behind = math.prod(x.shape[start + 1 :]) == math.prod(made[stop:])
        if tuple(x.shape[:start]) != made[:start] or size != x.shape[start] or stop - start < 2 or stop - start > 4 or not behind:
            continue
        parts = made[start:stop]
        for heads in range(2, size if len(parts) == 2 else 0):
            if size % heads == 0 and heads != parts[0]:
                other = (*made[:start], heads, size // heads, *made[stop:])
                yield OpTrial(
                    "mha-heads",
                    f"axis {start} split into {heads} × {size // heads} where torch splits it into {parts[0]} × {parts[1]}",
                    f"split it into {parts[0]} × {parts[1]}",
                    lambda x, *a, r=other, **k: x.reshape(r),
                )
        for order in permutations(range(len(parts))):
            if order == tuple(range(len(parts))):
                continue
            read = (*made[:start], *[parts[i] for i in order], *made[stop:])
            back = (*range(start), *[start + order.index(i) for i in range(len(parts))], *range(stop, len(made)))
            told = tuple(parts[i] for i in order)
            yield OpTrial(
                "axes-order",
                f"axis {start} split into {told} where torch splits it into {parts}",
                f"split it into {parts}",
                lambda x, *a, r=read, b=back, **k: x.reshape(r).permute(b),
            )


def copies(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """repeat_interleave, repeat, tile: whole copies one behind the other, or each part several times."""
    x = inputs[0]
    if op.name == "repeat_interleave":
        count: Any = op.kwargs.get("repeats", op.args[1] if len(op.args) > 1 else None)
        axis: Any = op.kwargs.get("dim", op.args[2] if len(op.args) > 2 else None)
        if isinstance(count, int) and axis is not None:
            told = f"all of axis {axis} {count} times over where torch repeats each of its parts"
            yield OpTrial("copies-order", told, f"repeat(x, {count}, axis={axis})", lambda x, *a, **k: torch.cat([x] * count, axis))
        return
    given = op.args[1] if len(op.args) == 2 and not isinstance(op.args[1], int) else op.args[1:]
    counts = list(op.kwargs.get("dims", op.kwargs.get("repeats", given)))
    counts = [1] * (x.dim() - len(counts)) + counts
    for i, times in enumerate(counts):
        place = i - len(counts) + x.dim()
        if times > 1 and place >= 0 and x.shape[place] > 1:
            told = f"each part of axis {place} {times} times where torch has all of it {times} times over"
            rest = [1 if j == i else n for j, n in enumerate(counts)]
            yield OpTrial("copies-order", told, f"tile along axis {place}", lambda x, *a, d=place, n=times, r=rest, **k: x.repeat_interleave(n, d).repeat(r))


def counting(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """cumsum: along another axis, from the other end, less what is counted last, or with all counted."""
    x = inputs[0]
    axis = op.kwargs.get("dim", op.args[1] if len(op.args) > 1 else 0) % x.dim()
    options = {k: v for k, v in op.kwargs.items() if k == "dtype"}
    changes: dict[str, Function] = {
        f"along axis {other}, where torch's goes along {axis}": lambda x, d=other: x.cumsum(d, **options) for other in range(x.dim()) if other != axis
    }
    changes |= {
        "that leaves the place itself out": lambda x: x.cumsum(axis, **options) - x.to(torch.float64),
        "from the other end": lambda x: x.flip(axis).cumsum(axis, **options).flip(axis),
        "less one": lambda x: x.cumsum(axis, **options) - 1,
        "less a half": lambda x: x.cumsum(axis, **options) - 0.5,
        "of ones: what is masked is counted too": lambda x: torch.ones_like(x).cumsum(axis, **options),
    }
    for says, function in changes.items():
        yield OpTrial("operation-other", f"a cumulative sum {says}", "torch's cumsum", lambda x, *a, f=function, **k: f(x))


def interpolation(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    x = inputs[0]
    words = bound(op, (x, *op.args[1:]), {k: v for k, v in op.kwargs.items() if k != "input"})
    size, factor = words.get("size"), words.get("scale_factor")
    told = f"interpolate(mode={words.get('mode', 'nearest')!r}, align_corners={words.get('align_corners')})"
    modes = {3: ["nearest", "linear"], 4: ["nearest", "nearest-exact", "bilinear", "bicubic"], 5: ["nearest", "trilinear"]}[x.dim()]
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


def shuffling(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    factor = op.args[1] if len(op.args) > 1 else op.kwargs.get("upscale_factor", 2)

    def depth_to_space(x: torch.Tensor, *a: Any, **k: Any) -> torch.Tensor:
        n, c, h, w = x.shape
        depth = c // factor**2
        return x.reshape(n, factor, factor, depth, h, w).permute(0, 3, 4, 1, 5, 2).reshape(n, depth, h * factor, w * factor)

    if op.name == "pixel_shuffle":
        yield OpTrial("pixel-shuffle", "depth_to_space, which reads the channels in another order", "permute the channels before", depth_to_space)
