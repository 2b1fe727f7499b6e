"""Connectionist temporal classification: the probability of a label sequence, however it is aligned, as PyTorch's."""

from collections.abc import Callable
from typing import Any

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.losses._loss import TorchLoss, concrete
from tf_impl.typing import Tensor

_NEVER = -1e30  # log 0 that can be added and subtracted


@keras.saving.register_keras_serializable(package="tf_impl")
class CTCLoss(TorchLoss):
    r"""$$ \ell = -\log \sum_{\pi \in B^{-1}(y)} \prod_t p_{t, \pi_t} $$ over all paths π that become y when repeats, then blanks, are removed.

    Args:
        blank: the class that stands for no label.
        reduction: "none", "sum" or "mean" (each loss divided by its target's length, at least 1, then averaged).
        zero_infinity: an impossible alignment costs 0, and has gradient 0, instead of infinity.

    Shapes:
        log_probs (T, N, C) log-probabilities, or (T, C); targets (N, S), or all labels in one vector; input_lengths and target_lengths (N,), or ().

    Raises:
        ValueError: shapes, the blank or, outside of graphs, lengths and labels out of range.

    Differs from PyTorch:
        The gradient at a log-probability of −inf is 0 here, NaN in PyTorch.
        `keras.losses.CTC` takes logits (N, T, C), has blank 0 that is the padding too, and averages without dividing by lengths:
        11.33 for 4.07 in a measured example. TensorFlow's kernel has no float64, and an impossible alignment costs 708.2 there;
        the twin is a recursion in `keras.ops`, the same on every backend and in both precisions.
        As PyTorch's, the gradient takes the input to be the output of a log-softmax: p − posterior, not −posterior.

    Source: Graves et al. 2006.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False, **kwargs) -> None:
        super().__init__(reduction=reduction, **kwargs)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def call(
        self, log_probs: Float[Tensor, "t *n c"], targets: Integer[Tensor, "..."], input_lengths: Integer[Tensor, "*n"], target_lengths: Integer[Tensor, "*n"]
    ) -> Float[Tensor, "..."]:
        single = len(log_probs.shape) == 2
        if single:
            log_probs = ops.expand_dims(log_probs, 1)
        if keras.backend.standardize_dtype(log_probs.dtype) in ("float16", "bfloat16"):
            log_probs = ops.cast(log_probs, "float32")  # as PyTorch's autocast does
        input_lengths, target_lengths = (ops.cast(ops.reshape(n, (-1,)), "int32") for n in (input_lengths, target_lengths))
        self.check(log_probs, targets, input_lengths, target_lengths)
        targets = ops.cast(_padded(targets, target_lengths), "int32")
        losses = _negative_log_probability(log_probs, targets, input_lengths, target_lengths, self.blank, self.zero_infinity)
        if self.reduction == "mean":
            losses = losses / ops.cast(ops.maximum(target_lengths, 1), losses.dtype)
        return losses[0] if single and self.reduction == "none" else self.reduced(losses)

    def check(self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor) -> None:
        time, batch, classes = log_probs.shape
        if classes is not None and not 0 <= self.blank < classes:
            raise ValueError(f"CTCLoss: blank must be one of the {classes} classes, got {self.blank}.")
        for name, lengths in (("input_lengths", input_lengths), ("target_lengths", target_lengths)):
            if batch is not None and lengths.shape[0] not in (batch, None):
                raise ValueError(f"CTCLoss: {name} must have one length for each of the {batch} sequences, got {lengths.shape[0]}.")
        frames, sizes = concrete(input_lengths), concrete(target_lengths)
        if frames is not None and time is not None and (frames.min() < 0 or frames.max() > time):
            raise ValueError(f"CTCLoss: input_lengths must be 0 … {time}, the frames of log_probs, got {frames.tolist()}.")
        room = targets.shape[-1]
        if sizes is not None and room is not None and (sizes.min() < 0 or (sizes.sum() if len(targets.shape) == 1 else sizes.max()) > room):
            raise ValueError(f"CTCLoss: target_lengths do not fit into targets of shape {tuple(targets.shape)}, got {sizes.tolist()}.")


def _padded(targets: Tensor, lengths: Tensor) -> Tensor:
    """Labels (N, S), also where they came in one vector; what is beyond a length is never read."""
    if len(targets.shape) == 2:
        return targets
    total = ops.shape(targets)[0]
    starts = ops.cumsum(lengths) - lengths
    places = ops.expand_dims(starts, 1) + ops.expand_dims(ops.arange(total, dtype="int32"), 0)
    return ops.take(targets, ops.minimum(places, total - 1), axis=0)


class _Paths:
    """All ways through blank, y1, blank, y2, … blank, one step a frame: to the same state, the next, or past a blank between different labels."""

    def __init__(self, log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int) -> None:
        self.steps, batch, self.classes = ops.shape(log_probs)
        labels = ops.clip(targets, 0, self.classes - 1)  # padding may be anything
        pairs = ops.reshape(ops.stack([ops.full_like(labels, blank), labels], axis=-1), (batch, 2 * ops.shape(labels)[1]))
        self.states = ops.concatenate([pairs, ops.full((batch, 1), blank, dtype=labels.dtype)], axis=-1)
        self.may_skip = self.states != _later(self.states, 2, blank)
        self.frames = ops.expand_dims(input_lengths, 1)
        everywhere = ops.broadcast_to(self.states[None], (self.steps, *ops.shape(self.states)))
        self.emitted = ops.take_along_axis(ops.maximum(log_probs, _NEVER), everywhere, axis=-1)
        place, last = ops.expand_dims(ops.arange(ops.shape(self.states)[1], dtype="int32"), 0), ops.expand_dims(2 * target_lengths, 1)
        never = ops.full_like(self.emitted[0], _NEVER)
        self.start = ops.where(place == 0, 0.0, never)  # before the first frame: at the first blank, nothing emitted
        self.end = ops.where((place == last) | (place == last - 1), 0.0, never)

    def forward(self) -> tuple[Tensor, Tensor]:
        """log P(frames 0 … t, being in s after t) (T, N, S), and the same after the last frame."""

        def step(before: tuple[Tensor, Tensor], emission: Tensor) -> tuple[Any, Any]:
            paths, t = before
            twice = ops.where(self.may_skip, _later(paths, 2, _NEVER), _NEVER)
            moved = _sum(paths, _later(paths, 1, _NEVER), twice) + emission
            after = ops.where(t < self.frames, ops.maximum(moved, _NEVER), paths), t + 1
            return after, after  # Keras' scan on TensorFlow wants the second to be like the first

        (last, _), (each, _) = ops.scan(step, (self.start, ops.zeros((), dtype="int32")), self.emitted)
        return each, last

    def backward(self) -> Tensor:
        """log P(frames t + 1 …, ending well | being in s after t) (T, N, S)."""

        def step(before: tuple[Tensor, Tensor], emission: Tensor) -> tuple[Any, Any]:
            onward, t = before
            twice = _earlier(ops.where(self.may_skip, onward, _NEVER), 2, _NEVER)
            moved = _sum(onward, _earlier(onward, 1, _NEVER), twice)
            paths = ops.where(t < self.frames - 1, moved, self.end)
            return (ops.maximum(paths + emission, _NEVER), t - 1), (paths, t - 1)

        return ops.scan(step, (self.end, ops.cast(self.steps - 1, "int32")), self.emitted, reverse=True)[1][0]


def _later(x: Tensor, by: int, fill: float) -> Tensor:
    """x moved along its last axis, towards its end."""
    return ops.concatenate([ops.full_like(x[:, :by], fill), x[:, :-by]], axis=-1)


def _earlier(x: Tensor, by: int, fill: float) -> Tensor:
    return ops.concatenate([x[:, by:], ops.full_like(x[:, :by], fill)], axis=-1)


def _sum(*logarithms: Tensor) -> Tensor:
    return ops.logsumexp(ops.stack(logarithms), axis=0)


def _negative_log_probability(log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int, zero_infinity: bool) -> Tensor:
    """-log P of each sequence by the forward recursion; its gradient by the backward one."""

    @ops.custom_gradient
    def of(log_probs: Tensor) -> tuple[Tensor, Callable[..., Tensor]]:
        paths = _Paths(log_probs, targets, input_lengths, target_lengths, blank)
        before, last = paths.forward()
        losses = -ops.logsumexp(last + paths.end, axis=-1)
        impossible = losses > -_NEVER / 2

        def gradients(*arguments: Tensor, upstream: Tensor = None) -> Tensor:
            incoming = arguments[0] if upstream is None else upstream  # Keras' torch backend passes it by name
            posterior = ops.exp(before + paths.backward() + ops.expand_dims(losses, 1))
            labelled = ops.einsum("tns,nsc->tnc", posterior, ops.one_hot(paths.states, paths.classes, dtype=posterior.dtype))
            slope = ops.where(impossible[:, None], 0.0 if zero_infinity else float("nan"), ops.exp(log_probs) - labelled)
            within = ops.arange(paths.steps, dtype="int32")[:, None, None] < input_lengths[:, None]
            return ops.where(within, slope * incoming[:, None], 0.0)

        return ops.where(impossible, 0.0 if zero_infinity else float("inf"), losses), gradients

    return of(log_probs)
