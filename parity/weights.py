"""How Keras variables correspond to PyTorch parameters: per layer kind, an invertible map. NumPy only, used for weights, gradients and slots alike.

A `Part` turns one Keras variable into one or more arrays under torch's names and layout, and back. Kinds are found by the names of a layer's classes,
so that a subclass (a twin) is treated as the Keras layer it is; a variable that no kind names maps by its own name, unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Part:
    """One Keras variable as torch's arrays: `to_torch` splits and permutes, `to_keras` is its inverse."""

    names: tuple[str, ...]
    to_torch: Callable[[np.ndarray], Arrays]
    to_keras: Callable[[Arrays], np.ndarray]


def same(name: str) -> Part:
    """The array as it is."""
    return Part((name,), lambda a: (a,), lambda arrays: arrays[0])


def permuted(name: str, axes: Callable[[int], Sequence[int]]) -> Part:
    """Axes of the torch array, as indices into the Keras array's axes, given its rank."""
    return Part((name,), lambda a: (a.transpose(axes(a.ndim)),), lambda arrays: arrays[0].transpose(np.argsort(axes(arrays[0].ndim))))


def transposed(name: str) -> Part:
    return permuted(name, lambda rank: (1, 0))


def convolution(name: str) -> Part:
    """(*space, in, out) → (out, in, *space); for a transposed convolution (*space, out, in) → (in, out, *space)."""
    return permuted(name, lambda rank: (rank - 1, rank - 2, *range(rank - 2)))


def depthwise(multiplier: int) -> Part:
    """(*space, channels, multiplier) ↔ (channels·multiplier, 1, *space)."""

    def to_torch(kernel: np.ndarray) -> Arrays:
        *space, channels, _ = kernel.shape
        return (np.moveaxis(kernel, (-2, -1), (0, 1)).reshape(channels * multiplier, 1, *space),)

    def to_keras(arrays: Arrays) -> np.ndarray:
        total, _, *space = arrays[0].shape
        return np.moveaxis(arrays[0].reshape(total // multiplier, multiplier, *space), (0, 1), (-2, -1))

    return Part(("weight",), to_torch, to_keras)


def _swap_gates(blocks: np.ndarray) -> np.ndarray:
    """Keras keeps a GRU's gates as z, r, h along the last axis, PyTorch as r, z, n: the first two blocks change places (its own inverse)."""
    z, r, h = np.split(blocks, 3, axis=-1)
    return np.concatenate([r, z, h], axis=-1)


def _gru_kernel(name: str) -> Part:
    return Part((name,), lambda a: (_swap_gates(a).T,), lambda arrays: _swap_gates(arrays[0].T))


_GRU_BIAS = Part(
    ("bias_ih", "bias_hh"),
    lambda a: (_swap_gates(a[0]), _swap_gates(a[1])),
    lambda arrays: np.stack([_swap_gates(arrays[0]), _swap_gates(arrays[1])]),
)

_GRU_BIAS_BEFORE = Part(("bias_ih",), lambda a: (_swap_gates(a),), lambda arrays: _swap_gates(arrays[0]))  # reset_after=False has one bias

_CELL = {"kernel": transposed("weight_ih"), "recurrent_kernel": transposed("weight_hh"), "bias": same("bias_ih")}
_NORM = {"gamma": same("weight"), "beta": same("bias"), "moving_mean": same("running_mean"), "moving_variance": same("running_var")}
_CONV = {"kernel": convolution("weight"), "bias": same("bias")}

KINDS: dict[str, dict[str, Part]] = {
    "Dense": {"kernel": transposed("weight"), "bias": same("bias")},
    "BaseConv": _CONV,
    "BaseConvTranspose": _CONV,
    "BaseDepthwiseConv": {"bias": same("bias")},  # the kernel's map depends on its multiplier
    "BatchNormalization": _NORM,
    "LayerNormalization": _NORM,
    "GroupNormalization": _NORM,
    "RMSNormalization": {"scale": same("weight")},
    "Embedding": {"embeddings": same("weight")},
    "PReLU": {"alpha": same("weight")},
    "SimpleRNNCell": _CELL,
    "LSTMCell": _CELL,
    "GRUCell": {"kernel": _gru_kernel("weight_ih"), "recurrent_kernel": _gru_kernel("weight_hh"), "bias": _GRU_BIAS},
}
CELLS = frozenset({"SimpleRNNCell", "LSTMCell", "GRUCell"})


def part_of(class_names: Sequence[str], variable: str, shape: Sequence[int]) -> Part:
    """The map of one variable of a layer whose classes, most derived first, have these names."""
    for name in class_names:
        if name in KINDS:
            if name == "BaseDepthwiseConv" and variable == "kernel":
                return depthwise(shape[-1])
            part = KINDS[name].get(variable, same(variable))
            return _GRU_BIAS_BEFORE if part is _GRU_BIAS and len(shape) == 1 else part
    return same(variable)


def qualified(path: Sequence[str], name: str, is_cell: bool) -> str:
    """The canonical name of a parameter: its path, and for the cells of a stacked recurrence torch's suffix.

    >>> qualified(["encoder", "l0_reverse"], "weight_ih", is_cell=True)
    'encoder.weight_ih_l0_reverse'
    >>> qualified(["conv1"], "weight", is_cell=False)
    'conv1.weight'
    """
    if is_cell and path and path[-1].removesuffix("_reverse")[:1] == "l" and path[-1].removesuffix("_reverse")[1:].isdigit():
        return ".".join([*path[:-1], f"{name}_{path[-1]}"])
    return ".".join([*path, name])
