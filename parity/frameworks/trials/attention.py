"""Masks, attention and norms."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as F

from parity.frameworks.torch_tracing import Op
from parity.frameworks.trials.trial import Function, OpTrial, bound, changed_by


def masking(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
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


def attention(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
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
        yield from _other_masks(q, _k, run)
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


def _other_masks(q: torch.Tensor, k: torch.Tensor, run: Callable[..., Function]) -> Iterator[OpTrial]:
    """Causal masks that are off by one, or the wrong way round."""
    ones = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool)
    strict = ones.tril(-1)
    strict[0, 0] = True
    masks = {"hides the token itself": strict, "shows one token ahead": ones.tril(1), "shows what follows and hides what came before": ones.triu()}
    for says, mask in masks.items():
        yield OpTrial("mask-causal", f"a causal mask that {says}", "tril with torch's diagonal", run(attn_mask=mask, is_causal=False))

    def weighted(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, after: bool) -> torch.Tensor:
        scores, keep = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]), ones.tril().to(q.dtype)
        return (scores.softmax(-1) * keep if after else (scores * keep).softmax(-1)) @ v

    yield OpTrial("mask-causal", "the mask applied after the softmax", "mask the scores", lambda q, k, v, *a, **w: weighted(q, k, v, True))
    yield OpTrial("mask-causal", "scores multiplied by the mask: 0, not -inf", "where(mask, scores, -inf)", lambda q, k, v, *a, **w: weighted(q, k, v, False))


def normalizing(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """Functional norms: epsilon, and the norm left out."""
    yield OpTrial("norm-missing", f"nothing where torch has {op.name}", f"add {op.name}", lambda x, *a, **k: x)
    for eps in (1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-12, 0.0):
        yield OpTrial("ln-eps", f"epsilon {eps}", "torch's eps", changed_by(op, eps=eps))
    if op.name == "local_response_norm":
        words = bound(op, op.args, dict(op.kwargs))
        size, alpha, k = words.get("size", 5), words.get("alpha", 1e-4), words.get("k", 1.0)
        for label, changes in {
            f"alpha not divided by the window's {size}": {"alpha": alpha * size},
            f"bias 1 where torch has k={k}": {"k": 1.0},
            f"depth_radius={size}": {"size": 2 * size + 1, "alpha": alpha * (2 * size + 1) / size},
            "a sum over all channels": {"size": 2 * inputs[0].shape[1] - 1, "alpha": alpha * (2 * inputs[0].shape[1] - 1) / size},
            "beta 0.5": {"beta": 0.5},
            "beta 0.75": {"beta": 0.75},
        }.items():
            yield OpTrial("lrn", label, "torch's window, alpha / size, beta and k", changed_by(op, **changes))
    if op.name == "normalize":
        for axis in range(inputs[0].dim()):
            yield OpTrial("axis-other", f"normalised along axis {axis} (of torch's)", "torch's axis", changed_by(op, dim=axis))
        for p in (1.0, 2.0, float("inf")):
            yield OpTrial("norm-def", f"the {p}-norm", "torch's p", changed_by(op, p=p))


def triangles(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """The half of a matrix that a causal mask is made of, with another diagonal or the other half."""
    fix = f"{op.name} with torch's diagonal"
    if inputs[0].dim() < 2:
        return
    for more, lower, upper in ((1, "lets the next one through", "hides the next one no more"), (-1, "hides the token itself", "takes the diagonal too")):
        says = f"a causal mask that {lower if op.name.strip('_') == 'tril' else upper}"
        yield OpTrial("mask-causal", says, fix, lambda x, diagonal=0, m=more: op.function(x, diagonal + m))
    other = torch.triu if op.name.strip("_") == "tril" else torch.tril
    yield OpTrial("mask-causal", "the other half of the matrix for its mask", fix, lambda x, diagonal=0: other(x, diagonal))
