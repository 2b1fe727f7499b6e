"""Rotary position embeddings: found in torch's operations by what they compute, and rotated otherwise.

A rotation takes pairs (a, b) of a value's last axis to (a·cos θ − b·sin θ, a·sin θ + b·cos θ). Published code pairs neighbours (Su et al. 2021, as complex
numbers in Llama) or the two halves of the axis (GPT-NeoX, Hugging Face); the same weights need the same pairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

PRODUCTS = frozenset({"mul", "mul_", "__mul__", "__rmul__", "multiply"})
SUMS = frozenset({"add", "add_", "__add__", "__radd__", "__iadd__"})
DIFFERENCES = frozenset({"sub", "__sub__", "subtract"})
JOINS = frozenset({"cat", "concat", "concatenate", "stack"})
BASES = (1e4, 1e5, 5e5, 1e6, 1e3, 1e2)
LAYOUTS = {"neighbours": "neighbours, (0, 1), (2, 3), …", "halves": "the two halves of the axis, (0, n/2), (1, n/2 + 1), …"}


@dataclass(frozen=True)
class Rotation:
    """One rotation of a recorded run. `write`: from a rotated value of the shape of `value` to the operation's output."""

    op: Any
    value: torch.Tensor  # (…, width)
    angles: torch.Tensor  # broadcasts against (…, width / 2)
    layout: str
    write: Callable[[torch.Tensor], torch.Tensor]


def rotation_of(flow: Any, op: Any) -> Rotation | None:
    """The rotation that an operation completes, if it does."""
    if len(op.inputs) != 2 or len(op.outputs) != 1:
        return None
    if op.name in PRODUCTS and flow.values[op.outputs[0]].is_complex():
        return _of_complex(flow, op)
    if op.name in SUMS:
        return _of_sum(flow, op)
    return _of_parts(flow, op) if op.name in JOINS else None


def _of_complex(flow: Any, op: Any) -> Rotation | None:
    one, other = (flow.values[i] for i in op.inputs)
    for number, turned, turns in ((op.inputs[0], one, other), (op.inputs[1], other, one)):
        if turned.is_complex() and turns.is_complex() and turns.dim() <= turned.dim() and _is_one(turns.abs()):
            maker = flow.producers.get(number)
            layout = "halves" if maker is not None and maker.name == "complex" else "neighbours"
            value = _paired(turned.real, turned.imag, layout)

            def write(rotated: torch.Tensor, layout: str = layout) -> torch.Tensor:
                return torch.complex(*_parts(rotated, layout))

            return Rotation(op, value, turns.angle(), layout, write)
    return None


def _of_sum(flow: Any, op: Any) -> Rotation | None:
    """x·cos + turned(x)·sin."""
    products = [flow.producers.get(i) for i in op.inputs]
    if any(p is None or p.name not in PRODUCTS or len(p.inputs) != 2 for p in products):
        return None
    first, second = ([flow.values[i] for i in p.inputs] for p in products if p is not None)
    for one, other in ((first, second), (second, first)):
        for value, cos in (one, one[::-1]):
            for turned, sin in (other, other[::-1]):
                if value.shape != turned.shape or value.shape[-1] % 2 or cos.shape != sin.shape or not _is_one(cos**2 + sin**2):
                    continue
                for layout in LAYOUTS:
                    a, b = _parts(value, layout)
                    if torch.equal(_paired(-b, a, layout), turned):
                        return Rotation(op, value, _parts(torch.atan2(sin, cos).expand(*sin.shape[:-1], value.shape[-1]), layout)[0], layout, lambda made: made)
    return None


def _of_parts(flow: Any, op: Any) -> Rotation | None:
    """a·cos − b·sin beside a·sin + b·cos, joined or stacked."""
    low = flow.producers.get(op.inputs[0])
    if low is None or low.name not in DIFFERENCES or len(low.inputs) != 2:
        return None
    products = [flow.producers.get(i) for i in low.inputs]
    if any(p is None or p.name not in PRODUCTS or len(p.inputs) != 2 for p in products):
        return None
    first, second = ([flow.values[i] for i in p.inputs] for p in products if p is not None)
    high = flow.values[op.inputs[1]]
    for a, cos in (first, first[::-1]):
        for b, sin in (second, second[::-1]):
            if a.shape != b.shape or cos.shape != sin.shape or not _is_one(cos**2 + sin**2) or not torch.allclose(a * sin + b * cos, high, rtol=1e-12):
                continue
            stacked = op.name == "stack"
            kept = "neighbours" if stacked else "halves"
            source = next((flow.values[i] for p in products if p is not None for n in p.inputs for i in _taken_from(flow, n)), None)
            layout = next((name for name in LAYOUTS if source is not None and _same(_parts(source, name)[0], a)), kept)

            def write(rotated: torch.Tensor, layout: str = layout, stacked: bool = stacked) -> torch.Tensor:
                parts = _parts(rotated, layout)
                return torch.stack(parts, -1) if stacked else torch.cat(parts, -1)

            return Rotation(op, _paired(a, b, layout), torch.atan2(sin, cos), layout, write)
    return None


def _taken_from(flow: Any, number: int) -> list[int]:
    maker = flow.producers.get(number)
    return list(maker.inputs) if maker is not None and maker.name in {"__getitem__", "chunk", "split", "unbind", "select", "narrow"} else []


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and torch.equal(one, other)


def _is_one(value: torch.Tensor) -> bool:
    return bool((value - 1).abs().max() < 1e-9) if value.numel() else False


def _parts(value: torch.Tensor, layout: str) -> tuple[torch.Tensor, torch.Tensor]:
    half = value.shape[-1] // 2
    return (value[..., :half], value[..., half:]) if layout == "halves" else (value[..., 0::2], value[..., 1::2])


def _paired(a: torch.Tensor, b: torch.Tensor, layout: str) -> torch.Tensor:
    return torch.cat([a, b], -1) if layout == "halves" else torch.stack([a, b], -1).flatten(-2)


def _turned(value: torch.Tensor, angles: torch.Tensor, layout: str) -> torch.Tensor:
    a, b = _parts(value, layout)
    cos, sin = angles.cos(), angles.sin()
    return _paired(a * cos - b * sin, a * sin + b * cos, layout)


def rotated_otherwise(rotation: Rotation) -> Iterator[tuple[str, str, str, torch.Tensor]]:
    """(cause, what the Keras side does, fix, the operation's output). The same variants in the same order for every rotation of a run."""
    value, angles, layout = rotation.value, rotation.angles, rotation.layout
    for other, told in LAYOUTS.items():
        if other != layout:
            fix = "rotate torch's pairs, or permute the rows of the query's and key's kernels"
            yield "rotary-layout", f"the rotation of {told} where torch pairs {LAYOUTS[layout]}", fix, rotation.write(_turned(value, angles, other))

    def by(angles: torch.Tensor) -> torch.Tensor:
        return rotation.write(_turned(value, angles, layout))

    yield "rotary-angles", "the rotation the other way round", "a·cos − b·sin, a·sin + b·cos", by(-angles)
    yield "rotary-angles", "sines and cosines exchanged", "torch's sines and cosines", by(math.pi / 2 - angles)
    steps = [axis for axis in range(angles.dim() - 1) if angles.shape[axis] > 1]
    if len(steps) != 1:
        return
    axis = steps[0]
    first, second = angles.select(axis, 0), angles.select(axis, 1)
    speed = torch.remainder(second - first, 2 * math.pi).unsqueeze(axis)  # of one step
    start = torch.round(first.flatten()[0] / speed.flatten()[0]) if first.abs().max() > 0 else torch.zeros((), dtype=angles.dtype)
    count = angles.shape[axis]
    places = (torch.arange(count, dtype=angles.dtype) + start).reshape([-1 if i == axis else 1 for i in range(angles.dim())])
    for shift in (1, -1):
        yield "rotary-angles", f"a rotation by the place {shift:+d}", "count places as torch does", by((places + shift) * speed)
    yield "rotary-angles", "a rotation by the place from the end", "count places as torch does", by(places.flip(axis) * speed)
    back = value.dim() - angles.dim()
    for along in range(1, value.dim() - 1):
        if along - back != axis and value.shape[along] > 1:
            shape = [-1 if i == along else 1 for i in range(value.dim())]
            numbers = torch.arange(value.shape[along], dtype=angles.dtype).reshape(shape)
            told = f"a rotation by the number along axis {along} where torch's goes by that along axis {axis + back}"
            yield "rotary-angles", told, "the place of the step", by(numbers * speed)
    half = angles.shape[-1]
    base = float(speed.reshape(-1, half)[0, 1]) ** -half if half > 1 else 1.0
    j = torch.arange(half, dtype=angles.dtype)
    for wanted in BASES:
        if abs(wanted / base - 1) > 1e-6:
            yield "rotary-angles", f"a base of {wanted:g} where torch has {base:.6g}", f"base {base:.6g}", by(places * wanted ** (-j / half))
    exponents = {"n/(2·width)": j / (2 * half), "n/(width/2 − 1)": j / max(half - 1, 1), "2n/(width/2)": 2 * j / half}
    for told, exponent in exponents.items():
        yield "rotary-angles", f"frequencies with the exponent {told} where torch has n/(width/2)", "torch's frequencies", by(places * base**-exponent)
