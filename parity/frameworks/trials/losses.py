"""Changes of one operation of a PyTorch loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F

from parity.frameworks.torch_tracing import Op
from parity.frameworks.trials import op_trials
from parity.frameworks.trials.distances import DISTANCES, lengths, triplets
from parity.frameworks.trials.trial import OpTrial, changed_by

LOSSES = frozenset(
    {
        "cross_entropy",
        "nll_loss",
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "mse_loss",
        "l1_loss",
        "smooth_l1_loss",
        "huber_loss",
        "kl_div",
        "poisson_nll_loss",
        "hinge_embedding_loss",
        "margin_ranking_loss",
        "cosine_embedding_loss",
        "triplet_margin_loss",
        "soft_margin_loss",
        "multi_margin_loss",
        "ctc_loss",
        "gaussian_nll_loss",
    }
)


def loss_trials(op: Op, inputs: list[torch.Tensor]) -> Iterator[OpTrial]:
    """Of a loss function its arguments, of what goes into it a softmax or a clamp; of anything else the plain trials."""
    if op.name in {"triplet_margin_loss", "triplet_margin_with_distance_loss"} and len(inputs) == 3:
        yield from triplets(op, inputs)
        return
    if op.name not in LOSSES:
        yield from op_trials(op, inputs)
        yield from lengths(op, inputs) if op.name in DISTANCES else ()
        for count in dict.fromkeys(n for n in inputs[0].shape if n > 1) if op.name in {"sum", "mean"} and inputs else ():
            for factor, says in ((1 / count, f"1/{count} of torch's {op.name}"), (count, f"{count} times torch's {op.name}")):
                told = f"{says}: a mean for a sum over one axis, or the other way"
                yield OpTrial("loss-reduction", told, f"torch's {op.name}", lambda *a, s=factor, **k: s * op.function(*a, **k))
        return
    fix = f"as torch's {op.name}"
    reduction = op.kwargs.get("reduction", "mean")
    for other in ("sum", "mean", "batchmean"):
        if other != reduction:
            yield OpTrial("loss-reduction", f"reduction {other!r} where torch has {reduction!r}", fix, changed_by(op, reduction=other))
    count = inputs[0].shape[0]

    def summed(divide: float) -> Any:
        inner = changed_by(op, reduction="sum")
        return lambda *a, **k: inner(*a, **k) / divide

    yield OpTrial("loss-reduction", "the sum divided by the batch", fix, summed(count))
    yield OpTrial("loss-reduction", "the sum divided by all elements", fix, summed(inputs[0].numel()))
    yield OpTrial(
        "ce-class-weight",
        "the mean over samples of a weighted loss, which torch divides by the sum of weights",
        fix,
        summed(inputs[1].numel() if len(inputs) > 1 else count),
    )
    for name, slug in (("weight", "ce-class-weight"), ("pos_weight", "bce-pos-weight")):
        yield OpTrial(slug, f"no {name}", f"weight as torch does: {name}", changed_by(op, **{name: None}))
    for smoothing in (0.0, 0.01, 0.05, 0.1, 0.2, 0.3):
        yield OpTrial("ce-label-smoothing", f"label_smoothing {smoothing}", fix, changed_by(op, label_smoothing=smoothing))
    yield OpTrial("ce-class-weight", "no class weights and no label smoothing", fix, changed_by(op, weight=None, label_smoothing=0.0))
    yield from _weighted(op, inputs, fix)
    yield from _smoothed_over_others(op, inputs, fix)
    for index in (-100, 0, -1, 255):
        yield OpTrial("ce-ignore-index", f"ignore_index {index}", fix, changed_by(op, ignore_index=index))
    if op.name in {"cross_entropy", "nll_loss"}:
        says = "ignored targets counted, as class 0"
        yield OpTrial("ce-ignore-index", says, "ignore_class", lambda x, t, *a, **k: op.function(x, t.clamp(min=0), *a, **k))
        yield from _per_row(op, inputs, fix)
    for delta in (0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 1.5, 2.0):
        yield OpTrial("huber", f"delta {delta}", fix, changed_by(op, delta=delta))
        yield OpTrial("huber", f"beta {delta}", fix, changed_by(op, beta=delta))
    if op.name == "cross_entropy":
        yield OpTrial("ce-double-softmax", "a softmax before the loss of logits", "pass logits", lambda x, *a, **k: op.function(torch.softmax(x, 1), *a, **k))
        yield OpTrial("ce-from-logits", "logits taken for probabilities", "from_logits=True", lambda x, t, *a, **k: _of_probabilities(x, t))
        yield OpTrial("loss-focal", "a focal loss", fix, lambda x, t, *a, **k: _focal(x, t))
    if "binary" in op.name:
        yield OpTrial("ce-double-softmax", "a sigmoid before the loss of logits", "pass logits", lambda x, *a, **k: op.function(torch.sigmoid(x), *a, **k))
        yield OpTrial(
            "ce-from-logits",
            "logits taken for probabilities",
            "from_logits=True",
            lambda x, t, *a, **k: F.binary_cross_entropy(x.clamp(1e-7, 1 - 1e-7), t, reduction=reduction),
        )
        yield OpTrial(
            "bce-clip",
            "probabilities clipped at 1e-7",
            "from_logits=True",
            lambda x, t, *a, **k: F.binary_cross_entropy((torch.sigmoid(x) if "logits" in op.name else x).clamp(1e-7, 1 - 1e-7), t, reduction=reduction),
        )
        says = "one class of all by a softmax, where torch judges each by itself"
        yield OpTrial("loss-kind", says, fix, lambda x, t, *a, **k: F.cross_entropy(x if "logits" in op.name else x.log(), t))
    if len(inputs) > 1 and inputs[0].dim() == 1 and inputs[0].shape == inputs[1].shape:
        says = "a (N,) target broadcast against (N, 1) outputs"
        yield OpTrial("bce-shape", says, "give both the same shape", lambda x, t, *a, **k: op.function(*torch.broadcast_tensors(x[:, None], t[None]), *a, **k))
    others = {
        "the squared error": F.mse_loss,
        "the absolute error": F.l1_loss,
        "the smooth L1 loss": F.smooth_l1_loss,
        "half the squared error": lambda x, t, **k: 0.5 * F.mse_loss(x, t, **k),
        "the root of the squared error": lambda x, t, **_: torch.sqrt(F.mse_loss(x, t)),
        "the log-cosh error": lambda x, t, **_: torch.log(torch.cosh(x - t)).mean(),
    }
    for label, function in others.items():
        yield OpTrial("loss-other", f"{label} where torch has {op.name}", f"use {op.name}", lambda x, t, *a, f=function, **k: f(x, t, reduction=reduction))
    yield OpTrial(
        "loss-arguments", "target and output exchanged", "output first in torch, target first in Keras", lambda x, t, *a, **k: op.function(t, x, *a, **k)
    )
    for delta in dict.fromkeys((op.kwargs.get("beta", 1.0), 0.1, 0.2, 0.25, 0.3, 0.5, 1.0, 1.5, 2.0)):
        yield OpTrial("loss-other", f"a Huber loss of delta {delta}", fix, lambda x, t, *a, d=delta, **k: F.huber_loss(x, t, delta=d, reduction=reduction))
    if "binary" in op.name:
        logits = "logits" in op.name
        score = torch.sigmoid if logits else (lambda v: v)
        yield OpTrial("loss-labels", "the labels exchanged: 0 for 1", "torch's labels", lambda x, t, *a, **k: op.function(x, 1 - t, *a, **k))
        yield OpTrial("loss-other", "only the logarithm of the score", fix, lambda x, t, *a, **k: -torch.log(score(x)).mean())
        yield OpTrial("loss-other", "only the part of the positives", fix, lambda x, t, *a, **k: -(t * torch.log(score(x))).mean())
        yield OpTrial("loss-other", "a hinge loss", fix, lambda x, t, *a, **k: F.relu(1 - (2 * t - 1) * x).mean())
        yield OpTrial("loss-other", "a hinge loss of the score", fix, lambda x, t, *a, **k: F.relu(1 - (2 * t - 1) * score(x)).mean())
    for factor in (2.0, 0.5, -1.0):
        yield OpTrial("loss-reduction", f"{factor:g} times torch's loss", fix, lambda *a, s=factor, **k: s * op.function(*a, **k))


def _smoothed_over_others(op: Op, inputs: list[torch.Tensor], fix: str) -> Iterator[OpTrial]:
    """Label smoothing that gives the target's class nothing of the share of the others."""
    share = op.kwargs.get("label_smoothing", 0.0)
    if op.name != "cross_entropy" or not share or inputs[1].is_floating_point():
        return

    def smoothed(x: torch.Tensor, t: torch.Tensor, *a: Any, **k: Any) -> torch.Tensor:
        hot = F.one_hot(t, x.shape[1]).movedim(-1, 1).to(x.dtype)
        spread = hot * (1 - share) + (1 - hot) * share / (x.shape[1] - 1)
        return -(spread * F.log_softmax(x, 1)).sum(1).mean()

    yield OpTrial("ce-label-smoothing", "labels smoothed over the other classes only", fix, smoothed)


def _per_row(op: Op, inputs: list[torch.Tensor], fix: str) -> Iterator[OpTrial]:
    """The mean over rows of each row's own mean, where torch takes one mean of all that counts."""
    plain, ignored = changed_by(op, reduction="none"), op.kwargs.get("ignore_index", -100)
    count = inputs[0].shape[0] if inputs[0].dim() == 2 else 1

    def averaged(x: torch.Tensor, t: torch.Tensor, *a: Any, n: int, **k: Any) -> torch.Tensor:
        each, there = plain(x, t, *a, **k).reshape(n, -1), (t != ignored).reshape(n, -1).to(x.dtype)
        return ((each * there).sum(1) / there.sum(1)).mean()

    for n in [n for n in range(2, count // 2 + 1) if count % n == 0] or [inputs[0].shape[0]]:
        yield OpTrial("loss-reduction", f"the mean of the means of {n} rows", fix, lambda *a, n=n, **k: averaged(*a, n=n, **k))


def _weighted(op: Op, inputs: list[torch.Tensor], fix: str) -> Iterator[OpTrial]:
    """Class weights and positive weights: of other classes, inverted, divided by otherwise."""

    def changed(name: str, change: Any) -> Any:
        return lambda *a, **k: op.function(*a, **{**k, name: change(k[name])})

    if "weight" in op.kwargs and op.kwargs["weight"] is not None:
        for label, change in {"in reverse order": lambda w: w.flip(0), "inverted": lambda w: 1 / w, "normalised": lambda w: w / w.sum() * w.numel()}.items():
            yield OpTrial("ce-class-weight", f"the class weights {label}", fix, changed("weight", change))
        plain = changed_by(op, weight=None, reduction="none")
        for divide in (False, True):

            def whole(x: torch.Tensor, t: torch.Tensor, *a: Any, d: bool = divide, **k: Any) -> torch.Tensor:
                w = k["weight"][t] if not t.is_floating_point() else (k["weight"] * t).sum(1)
                return (plain(x, t, *a, **k) * w).sum() / (w.sum() if d else w.numel())

            yield OpTrial("ce-class-weight", "the weight of the target's class on the whole smoothed loss", fix, whole)
    if "binary" in op.name:
        for smoothing in (0.01, 0.05, 0.1, 0.2):
            yield OpTrial(
                "ce-label-smoothing", f"labels smoothed by {smoothing}", fix, lambda x, t, *a, s=smoothing, **k: op.function(x, t * (1 - s) + 0.5 * s, *a, **k)
            )
    if op.kwargs.get("pos_weight") is not None:
        single = changed_by(op, pos_weight=None, reduction="none")

        def negatives(x: torch.Tensor, t: torch.Tensor, *a: Any, **k: Any) -> torch.Tensor:
            return (single(x, t, *a, **k) * (t + (1 - t) * k["pos_weight"])).mean()

        def averaged(x: torch.Tensor, t: torch.Tensor, *a: Any, **k: Any) -> torch.Tensor:
            weights = 1 - t + t * k["pos_weight"]
            return (single(x, t, *a, **k) * weights).sum() / weights.sum()

        yield OpTrial("bce-pos-weight", "the weight on the negatives", fix, negatives)
        yield OpTrial("bce-pos-weight", "the weighted loss divided by the sum of weights", fix, averaged)
        yield OpTrial("bce-pos-weight", "the inverse weight", fix, changed("pos_weight", lambda w: 1 / w))


def _of_probabilities(x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """What Keras makes of logits without from_logits: clipped, normalised, logarithm."""
    p = (x / x.sum(1, keepdim=True)).clamp(1e-7, 1 - 1e-7)
    return F.nll_loss(torch.log(p), target) if target.dim() < x.dim() else -(target * torch.log(p)).sum(1).mean()


def _focal(x: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    losses = F.cross_entropy(x, target, reduction="none")
    return ((1 - torch.exp(-losses)) ** 2 * losses).mean()
