"""What extra code may do to a value."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F

from parity.frameworks.trials.activations import ACTIVATIONS
from parity.frameworks.trials.trial import Function


def relations(x: torch.Tensor) -> Iterator[tuple[Function, str, str, str]]:
    """What extra code may do to a value: (function, says, cause, fix)."""
    for name, function in ACTIVATIONS.items() if x.is_floating_point() else ():
        yield function, f"an extra {name}", "activation-extra", f"remove the {name}"
    wide = [axis for axis in range(1, x.dim()) if x.shape[axis] > 1]
    for axis in wide:
        yield (lambda v, d=axis: torch.softmax(v, d)), f"an extra softmax over axis {axis}", "activation-extra", "remove the softmax"
        yield (lambda v, d=axis: torch.log_softmax(v, d)), f"an extra log_softmax over axis {axis}", "activation-extra", "remove the log_softmax"
    for axis in range(x.dim()):
        slug = "channels-reversed" if x.dim() >= 4 and axis == 1 and x.shape[1] <= 4 else "flipped"
        yield (lambda v, d=axis: torch.flip(v, [d])), f"axis {axis} (of torch's) reversed", slug, "remove the reversal"
        for shift in (1, -1):
            yield (lambda v, d=axis, s=shift: torch.roll(v, s, d)), f"axis {axis} rolled by {shift}", "shifted", "remove the shift"
    for axes in [*([axis] for axis in range(2, x.dim())), [*range(2, x.dim())]] if x.dim() > 2 else ():
        for place, told in ((-1, "last"), (0, "first")):
            yield (lambda v, d=axes, p=place: _emptied(v, d, p)), f"zeros in the {told} place of axes {axes}", "pad-modes", "torch's border"
    for axis in range(x.dim()):
        for other in range(axis + 1, x.dim()):
            if x.shape[axis] == x.shape[other]:
                yield (lambda v, d=axis, o=other: v.transpose(d, o)), f"axes {axis} and {other} swapped", "axes-order", "remove the transposition"
    for axis in wide:
        yield (lambda v, d=axis: F.normalize(v, dim=d)), f"an extra L2 normalisation along axis {axis}", "norm-extra", "remove it"
        yield (lambda v, d=axis: v - v.mean(d, keepdim=True)), f"the mean along axis {axis} taken off", "norm-extra", "remove it"
        yield (lambda v, d=axis: v.cumsum(d)), f"a cumulative sum along axis {axis}", "operation-other", "remove it"
    if x.dim() and x.shape[-1] % 2 == 0 and x.shape[-1] > 2:
        half = x.shape[-1] // 2
        yield (lambda v: torch.cat([v[..., half:], v[..., :half]], -1)), "both halves (directions) exchanged", "concat-order", "torch's order: forward first"
        for told, merge in {"summed": lambda a, b: a + b, "averaged": lambda a, b: (a + b) / 2, "multiplied": lambda a, b: a * b}.items():
            yield (
                (lambda v, m=merge: torch.cat([m(v[..., :half], v[..., half:])] * 2, -1)),
                f"both halves (directions) {told}",
                "bidir-merge",
                "merge_mode='concat'",
            )
    for cap in (5.0, 10.0, 15.0, 20.0, 30.0, 50.0):
        yield (lambda v, c=cap: torch.tanh(v / c) * c), f"a soft cap, {cap:g}·tanh(x / {cap:g})", "activation-extra", "remove it"
    for value in (1 / 255, 255.0, 1 / 127.5, 2.0, 0.5):
        yield (lambda v, s=value: v * s), f"a factor of {value:.6g}", "scale-extra", "remove the factor"
    yield (lambda v: v / 127.5 - 1), "scaling to -1 … 1", "imagenet-preprocess", "remove the scaling"
    yield (lambda v: v * 2 - 1), "scaling from 0 … 1 to -1 … 1", "imagenet-preprocess", "remove the scaling"
    yield (lambda v: (v + 1) / 2), "scaling from -1 … 1 to 0 … 1", "imagenet-preprocess", "remove the scaling"


def _emptied(x: torch.Tensor, axes: list[int], place: int) -> torch.Tensor:
    made = x.clone()
    for axis in axes:
        made.select(axis, place).zero_()
    return made
