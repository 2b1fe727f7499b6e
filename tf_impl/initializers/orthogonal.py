"""Orthonormal rows or columns: lengths pass unchanged."""

import math
from typing import Any

import keras
from keras import ops

from tf_impl.initializers._fed import fed as fed
from tf_impl.initializers._initializer import PyTorchInitializer, fill
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Orthogonal(PyTorchInitializer):
    r"""Takes the orthogonal factor of a random matrix, one row for each output.

    $$ W = g\,Q\,\operatorname{sign}(\operatorname{diag} R), \qquad QR = N, \quad N_{ij} \sim \mathcal N(0, 1) $$

    Args:
        gain: g.

    Shapes:
        two axes or more; all but the outputs are one axis.

    Raises:
        ValueError: fewer than two axes.

    Differs from PyTorch:
        Not. Keras' `Orthogonal` (also `OrthogonalInitializer`) does the same; its LSTM makes the recurrent kernel (H, 4H) one orthogonal matrix, where
        PyTorch users make each gate's (H, H) one.

    Source: Saxe et al. 2013, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", arXiv:1312.6120.
    """

    def __init__(self, gain: float = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gain = gain

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        if len(shape) < 2:
            raise ValueError(f"`tensor` must have at least 2 axes, got shape {shape}.")
        if 0 in shape:
            return ops.zeros(shape, dtype=dtype)
        rows, columns = shape[0], math.prod(shape[1:])
        matrix = self.normal((rows, columns), 0.0, 1.0, dtype)
        q, r = ops.qr(ops.transpose(matrix) if rows < columns else matrix)
        q = q * ops.sign(ops.diag(r))
        return ops.reshape(self.gain * (ops.transpose(q) if rows < columns else q), shape)


def orthogonal_(tensor: keras.Variable, gain: float = 1, generator: Any = None) -> keras.Variable:
    """Fills a variable by `Orthogonal`; `generator` is its seed."""
    return fill(tensor, Orthogonal(gain, seed=generator))
