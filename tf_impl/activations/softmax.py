"""Softmax and its relatives. `dim` counts the axes of the tensor that the twin is given."""

import warnings
from collections.abc import Callable

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations._elementwise import Elementwise
from tf_impl.typing import Tensor


class _AlongDim(Elementwise):
    """An activation with a `dim`, checked against the input's rank. A number is taken as the one element of an axis, as in PyTorch."""

    def __init__(self, dim: int | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.dim = dim

    def axis(self, inputs: Float[Tensor, "..."]) -> int:
        rank = max(len(inputs.shape), 1)
        name = type(self).__name__
        if self.dim is None:
            warnings.warn(f"{name} without dim takes the last axis, where the classes are here; write {name}(dim=...).", stacklevel=5)
            return -1
        if not -rank <= self.dim < rank:
            raise ValueError(f"{name}: dim must be in [{-rank}, {rank - 1}] for an input of shape {tuple(inputs.shape)}, got {self.dim}.")
        return self.dim

    def along(self, function: Callable[..., Tensor], inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        axis = self.axis(inputs)
        return function(inputs, axis=axis) if len(inputs.shape) else ops.reshape(function(ops.reshape(inputs, (1,)), axis=axis), ())


@keras.saving.register_keras_serializable(package="tf_impl")
class Softmax(_AlongDim):
    r"""$$ y_i = e^{x_i} / \sum_j e^{x_j} $$ along `dim`.

    Args:
        dim: the axis. `None` warns and takes the last, where the classes are.

    Shapes:
        input and output alike.

    Raises:
        ValueError: the input has no such axis.

    Differs from PyTorch:
        PyTorch's guess for `dim=None` is the class axis of (C,), (N, C), (C, H, W) and (N, C, H, W), the last one here;
        of (N, L, C) PyTorch takes axis 0, which is never meant. `keras.layers.Softmax` has `axis=-1`, and an additive mask.
        On TensorFlow Keras remembers the logits on the output, and `CategoricalCrossentropy` computes from them (see `Sigmoid`).
    """

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self.along(ops.softmax, inputs)


@keras.saving.register_keras_serializable(package="tf_impl")
class Softmin(_AlongDim):
    r"""$$ y_i = e^{-x_i} / \sum_j e^{-x_j} $$ along `dim`.

    Args:
        dim: the axis. `None` warns and takes the last.

    Shapes:
        input and output alike.

    Raises:
        ValueError: the input has no such axis.

    Differs from PyTorch:
        Rounding only, 2.2e-16 in float64; for `dim=None` see `Softmax`. Keras has no such layer.
    """

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self.along(ops.softmax, -inputs)


@keras.saving.register_keras_serializable(package="tf_impl")
class LogSoftmax(_AlongDim):
    r"""$$ y_i = x_i - \log\sum_j e^{x_j} $$ along `dim`.

    Args:
        dim: the axis. `None` warns and takes the last.

    Shapes:
        input and output alike.

    Raises:
        ValueError: the input has no such axis.

    Differs from PyTorch:
        Rounding only, 8.9e-16 in float64; for `dim=None` see `Softmax`. Keras has the function, `keras.ops.log_softmax`, and no layer.
    """

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        return self.along(ops.log_softmax, inputs)


@keras.saving.register_keras_serializable(package="tf_impl")
class Softmax2d(Elementwise):
    r"""Softmax over the channels at each position of an image.

    Shapes:
        input and output (N, H, W, C) or (H, W, C).

    Raises:
        ValueError: the input has another number of axes.

    Differs from PyTorch:
        Channels are last.
    """

    def call(self, inputs: Float[Tensor, "*n h w c"]) -> Float[Tensor, "*n h w c"]:
        if len(inputs.shape) not in (3, 4):
            raise ValueError(f"Softmax2d: the input must be (N, H, W, C) or (H, W, C), got shape {tuple(inputs.shape)}.")
        return ops.softmax(inputs, axis=-1)
