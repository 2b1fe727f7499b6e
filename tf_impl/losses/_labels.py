"""Losses of class labels: the label's log-probability and weight, and the checks PyTorch makes."""

import keras
from keras import ops

from tf_impl.losses._loss import TorchLoss, concrete, like, same_shape
from tf_impl.typing import Tensor


def negative_log_likelihood(loss: TorchLoss, log_probabilities: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """The labels' losses and weights, both 0 where ignored."""
    counts = target != loss.ignore_index
    label = ops.where(counts, target, 0)
    weight = ops.cast(counts, log_probabilities.dtype)
    if loss.weight is not None:
        weight = weight * ops.take(like(loss.weight, log_probabilities), label)
    picked = ops.squeeze(ops.take_along_axis(log_probabilities, ops.expand_dims(label, -1), axis=-1), -1)
    return ops.where(counts, -picked * weight, 0.0), weight


def check_weight(loss: TorchLoss, classes: int | None) -> None:
    """Raises ValueError for a weight that is not one number a class."""
    if loss.weight is not None and classes is not None and loss.weight.shape != (classes,):
        raise ValueError(f"{type(loss).__name__}: weight must have one number for each of the {classes} classes, got shape {loss.weight.shape}.")


def check_labels(loss: TorchLoss, input: Tensor, target: Tensor) -> None:
    """Raises ValueError for labels of the wrong shape or kind, or, where their values are known, beyond the classes."""
    name = type(loss).__name__
    if len(input.shape) == 0 or not same_shape(target.shape, input.shape[:-1]):
        raise ValueError(
            f"{name}: target must have the input's shape without its last axis, the classes: {tuple(input.shape[:-1])}, "
            f"got {tuple(target.shape)} for an input of shape {tuple(input.shape)}."
        )
    if "int" not in keras.backend.standardize_dtype(target.dtype):
        raise ValueError(f"{name}: labels must be integers, got {keras.backend.standardize_dtype(target.dtype)}.")
    classes = input.shape[-1]
    check_weight(loss, classes)
    labels = concrete(target)
    if labels is not None and classes is not None:
        wrong = labels[((labels < 0) | (labels >= classes)) & (labels != loss.ignore_index)]
        if wrong.size:
            ignored = "" if loss.ignore_index is None else f" or ignore_index={loss.ignore_index}"
            raise ValueError(f"{name}: labels must be 0 … {classes - 1}{ignored}, got {wrong.flat[0]} ({wrong.size} such).")
