"""Padding of the spatial axes of channels-last tensors, in PyTorch's modes, on any backend and for sizes known only at run time."""

from collections.abc import Sequence

from keras import ops

from tf_impl.typing import Tensor

MODES = ("zeros", "reflect", "replicate", "circular")


def pad_axis(x: Tensor, axis: int, before: int, after: int, mode: str) -> Tensor:
    """One axis longer by `before` and `after` copies. Keras' `ops.pad` has no replicate and no circular on TensorFlow."""
    size = x.shape[axis]
    if size is not None and mode != "replicate" and max(before, after) > size - (mode == "reflect"):
        raise ValueError(f"padding {(before, after)} in mode {mode!r} does not fit the input axis of {size}: at most {size - (mode == 'reflect')} is possible")

    def part(start: int | None, stop: int | None) -> Tensor:
        return x[(slice(None),) * axis + (slice(start, stop),)]

    def copies(edge: Tensor, times: int) -> Tensor:
        return ops.repeat(edge, times, axis=axis)

    match mode:
        case "reflect":
            first, last = ops.flip(part(1, before + 1), axis=axis), ops.flip(part(-after - 1, -1), axis=axis)
        case "replicate":
            first, last = copies(part(0, 1), before), copies(part(-1, None), after)
        case "circular":
            first, last = part(-before, None), part(0, after)
    return ops.concatenate(([first] if before else []) + [x] + ([last] if after else []), axis=axis)


def pad_space(x: Tensor, pads: Sequence[tuple[int, int]], mode: str = "zeros", value: float = 0.0) -> Tensor:
    """(N, *space, C) with `pads[i] = (before, after)` added to spatial axis i; `value` belongs to mode "zeros"."""
    if not any(map(any, pads)):
        return x
    if mode == "zeros":
        return ops.pad(x, [(0, 0), *pads, (0, 0)], constant_values=ops.convert_to_tensor(value, x.dtype))
    for axis, (before, after) in enumerate(pads, start=1):
        x = pad_axis(x, axis, before, after, mode) if before or after else x
    return x


def crop_or_pad(x: Tensor, pads: Sequence[tuple[int, int]], mode: str = "zeros", value: float = 0.0) -> Tensor:
    """As `pad_space`; negative numbers cut off, in mode "replicate" after the edges were copied, as in PyTorch."""
    for size, sides in zip(x.shape[1:-1], pads, strict=True):
        if size is not None and size + sum(min(side, 0) for side in sides) < 0:
            raise ValueError(f"padding {tuple(sides)} cuts more off the input axis than its {size} elements")
    cuts = tuple(slice(max(-before, 0), min(after, 0) or None) for before, after in pads)
    longer = [(max(before, 0), max(after, 0)) for before, after in pads]
    return pad_space(x, longer, mode)[:, *cuts] if mode == "replicate" else pad_space(x[:, *cuts], longer, mode, value)


def space_out(x: Tensor, axis: int, step: int) -> Tensor:
    """The elements of an axis `step` apart, with zeros between them: step·(n − 1) + 1 elements."""
    if step == 1:
        return x
    shape = ops.shape(x)
    apart = ops.concatenate([ops.expand_dims(x, axis + 1), ops.zeros((*shape[: axis + 1], step - 1, *shape[axis + 1 :]), x.dtype)], axis=axis + 1)
    long = ops.reshape(apart, (*shape[:axis], -1 if shape[axis] is None else shape[axis] * step, *shape[axis + 1 :]))
    return long[(slice(None),) * axis + (slice(None, 1 - step),)]
