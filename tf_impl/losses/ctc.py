"""Connectionist temporal classification: the probability of a label sequence, however it is aligned, as PyTorch's."""

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
        The gradient of an impossible alignment is infinite or NaN here, NaN in PyTorch; at a log-probability of −inf it is 0 here, NaN in PyTorch.
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
        input_lengths, target_lengths = (ops.cast(ops.reshape(n, (-1,)), "int32") for n in (input_lengths, target_lengths))
        self.check(log_probs, targets, input_lengths, target_lengths)
        targets = ops.cast(_padded(targets, target_lengths), "int32")
        losses = _negative_log_probability(log_probs, targets, input_lengths, target_lengths, self.blank)
        impossible = losses > -_NEVER / 2
        losses = ops.where(impossible, 0.0, losses) if self.zero_infinity else losses * ops.where(impossible, float("inf"), 1.0)
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


def _negative_log_probability(log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int) -> Tensor:
    """The forward recursion over blank, y1, blank, y2, … blank; about -_NEVER where no path exists."""
    steps, batch, classes = ops.shape(log_probs)
    labels = ops.clip(targets, 0, classes - 1)  # padding may be anything
    blanks = ops.full_like(labels, blank)
    pairs = ops.reshape(ops.stack([blanks, labels], axis=-1), (batch, 2 * ops.shape(labels)[1]))
    states = ops.concatenate([pairs, ops.full((batch, 1), blank, dtype=labels.dtype)], axis=-1)
    twice_before = ops.concatenate([ops.full_like(states[:, :2], blank), states[:, :-2]], axis=-1)
    may_skip = states != twice_before
    log_probs = ops.maximum(log_probs, _NEVER)
    emitted = ops.take_along_axis(log_probs, ops.broadcast_to(states[None], (steps, *ops.shape(states))), axis=-1)

    never = ops.full_like(emitted[0], _NEVER)
    start = ops.where(ops.arange(ops.shape(states)[1]) == 0, 0.0, never)  # before the first frame: at the first blank, nothing emitted

    def step(paths: Tensor, frame: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        emission, t = frame
        once = ops.concatenate([never[:, :1], paths[:, :-1]], axis=-1)
        twice = ops.where(may_skip, ops.concatenate([never[:, :2], paths[:, :-2]], axis=-1), never)
        moved = ops.logsumexp(ops.stack([paths, once, twice]), axis=0) + emission
        paths = ops.where(ops.expand_dims(t < input_lengths, 1), ops.maximum(moved, _NEVER), paths)
        return paths, paths  # Keras 3.15 on TensorFlow wants the second to have the first one's dtype

    frames = ops.arange(steps, dtype="int32")
    paths, _ = ops.scan(step, start, (emitted, frames))
    last = ops.expand_dims(2 * target_lengths, 1)
    at_blank = ops.take_along_axis(paths, last, axis=-1)[:, 0]
    at_label = ops.where(target_lengths > 0, ops.take_along_axis(paths, ops.maximum(last - 1, 0), axis=-1)[:, 0], _NEVER)
    total = -ops.logaddexp(at_blank, at_label)
    p = ops.where(ops.expand_dims(frames, 1) < input_lengths, ops.sum(ops.exp(log_probs), axis=-1), 0.0)
    return total + ops.sum(p - ops.stop_gradient(p), axis=0)  # adds nothing but PyTorch's p to the gradient
