"""PyTorch's arrays into Keras variables of hundreds of megabytes, piece by piece: no tensor is there three times."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from tf_impl.saving._names import tensors
from tf_impl.saving.state_dict import StateError

PIECE = 2**20  # bytes that are moved at a time
TILE = 256  # rows and columns that are transposed at a time, so that both sides stay in the processor's cache


def move(model: keras.Model, state: Mapping[str, Any], strict: bool = True) -> None:
    """As `tf_impl.saving.load_state_dict`, which converts a whole tensor, has TensorFlow copy it, and only then drops the old one.

    Raises:
        StateError: names or shapes do not fit; the model is then as it was.
    """
    wanted = tensors(model)
    shapes = {name: shape for tensor in wanted for name, shape in zip(tensor.names, tensor.shapes, strict=True)}
    missing, unexpected = [name for name in shapes if name not in state], [name for name in state if name not in shapes]
    given = {name: np.asarray(state[name]) for name in shapes if name in state}
    misshapen = [f"{name} {array.shape} for {shapes[name]}" for name, array in given.items() if array.shape != shapes[name]]
    if misshapen or (strict and (missing or unexpected)):
        raise StateError(type(model).__name__, missing, unexpected, misshapen)
    for tensor in wanted:
        if all(name in given for name in tensor.names):
            _assign(tensor.variable, tensor.to_keras([given[name] for name in tensor.names]))


def _assign(variable: keras.Variable, array: np.ndarray) -> None:
    dtype = keras.backend.standardize_dtype(variable.dtype)
    if keras.backend.backend() != "tensorflow" or array.nbytes <= PIECE:
        variable.assign(_contiguous(array))
        return
    rows = max(1, PIECE * len(array) // array.nbytes)
    for start in range(0, len(array), rows):  # in place, for which Keras has no word
        piece = _contiguous(array[start : start + rows]).astype(dtype, copy=False)
        variable.value.scatter_nd_update(np.arange(start, start + len(piece))[:, None], piece)


def _contiguous(array: np.ndarray) -> np.ndarray:
    """A copy in rows; NumPy's own of a transposed matrix takes twice as long."""
    if array.ndim != 2 or array.flags.c_contiguous:
        return np.array(array, order="C")
    rows = np.empty(array.shape, array.dtype)
    for i in range(0, array.shape[0], TILE):
        for j in range(0, array.shape[1], TILE):
            rows[i : i + TILE, j : j + TILE] = array[i : i + TILE, j : j + TILE]
    return rows
