"""Batch normalisation of vectors, signals, images and volumes, channels last, with PyTorch's arguments and running statistics."""

import math
from typing import Any

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin, check_channels, widened
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _BatchNorm(Twin, keras.layers.BatchNormalization):
    _ranks: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        **kwargs,
    ) -> None:
        super().__init__(axis=-1, epsilon=eps, center=affine and bias, scale=affine, **kwargs)
        self.num_features = num_features
        self.track_running_stats = track_running_stats
        self._new_weight = momentum
        self.build((None, num_features))
        self.input_spec = None  # Keras' fixes the number of axes

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        if self.track_running_stats:
            self.num_batches_tracked = self.add_weight(shape=(), dtype="int64", initializer="zeros", trainable=False, name="num_batches_tracked")

    def add_weight(self, *args, trainable: bool = True, **kwargs):
        return super().add_weight(*args, trainable=trainable, **kwargs) if trainable or self.track_running_stats else None

    def call(self, inputs: Float[Tensor, "n *space c"], training: bool | None = None) -> Float[Tensor, "n *space c"]:
        if len(inputs.shape) not in self._ranks:
            raise ValueError(f"{type(self).__name__} expects {' or '.join(map(str, self._ranks))} axes, got an input of shape {tuple(inputs.shape)}")
        check_channels(self, inputs, "num_features", self.num_features)
        learning = bool(training) and self.trainable
        if self.track_running_stats and not learning:
            return super().call(inputs, training=False)
        if self.epsilon <= 0:
            raise ValueError(f"{type(self).__name__}: eps must be positive where statistics are taken, got {self.epsilon}")
        replica = self._replica(learning)
        if replica is None and None not in inputs.shape and math.prod(inputs.shape[:-1]) == 1:
            raise ValueError(f"{type(self).__name__} needs more than one value per channel to take statistics of, got an input of shape {tuple(inputs.shape)}")
        if replica is None and 0 in inputs.shape:  # no statistics to take; PyTorch counts the batch all the same
            return self._scaled(inputs)
        x = widened(inputs)
        n, mean, variance = self._moments(x, replica)
        if self.track_running_stats:
            self._track(n, mean, variance * (n / ops.maximum(n - 1, 1)))
        outputs = ops.batch_normalization(x, mean, variance, axis=-1, offset=self.beta, scale=self.gamma, epsilon=self.epsilon)
        return ops.cast(outputs, self.compute_dtype)

    def _replica(self, learning: bool) -> Any:
        """This replica's context where the batches of others count too: `SyncBatchNorm` has one."""
        return None

    def _moments(self, x: Tensor, replica: Any) -> tuple[Tensor, Tensor, Tensor]:
        """How many values a channel has, their mean and their biased variance."""
        mean, variance = ops.moments(x, axes=tuple(range(len(x.shape) - 1)))
        return ops.cast(ops.size(x) // self.num_features, x.dtype), mean, variance

    def _scaled(self, nothing: Tensor) -> Tensor:
        if self.track_running_stats:
            self.num_batches_tracked.assign_add(1)
        for operation, weight in ((ops.multiply, self.gamma), (ops.add, self.beta)):
            nothing = nothing if weight is None else operation(nothing, ops.cast(weight, nothing.dtype))
        return nothing

    def _track(self, n: Tensor, mean: Tensor, unbiased_variance: Tensor) -> None:
        self.num_batches_tracked.assign_add(1)
        new = 1 / ops.cast(self.num_batches_tracked, mean.dtype) if self._new_weight is None else self._new_weight
        for running, latest in ((self.moving_mean, mean), (self.moving_variance, unbiased_variance)):
            moved = (1 - new) * running + new * ops.cast(latest, running.dtype)
            running.assign(ops.where(n > 0, moved, running))  # an empty batch is counted and moves nothing


@_register
class BatchNorm1d(_BatchNorm):
    """Normalises each feature over the batch, and over time if there is one; see `BatchNorm2d`.

    Shapes:
        input and output (N, C) or (N, L, C).

    Differs from PyTorch: as `BatchNorm2d`; PyTorch's (N, C, L) is (N, L, C) here: normalising the wrong one of two equal axes is silent (0.94).

    Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    _ranks = (2, 3)


@_register
class BatchNorm2d(_BatchNorm):
    r"""Normalises each channel over batch, height and width, then scales and shifts it.

    $$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta $$

    Args:
        num_features: channels C.
        eps: added to the variance.
        momentum: weight of the *new* statistics in the running average (PyTorch's convention); None: the mean of all batches so far.
        affine: learn γ and β.
        track_running_stats: keep running statistics and use them in evaluation; else each batch is normalised by its own.
        bias: learn β.

    Shapes:
        input and output (N, H, W, C); γ, β, running mean and variance (C,), `num_batches_tracked` ().

    Raises:
        ValueError: the input's axes or its last axis are not as expected; a batch with one value per channel, or eps ≤ 0, in training.
            (In a graph whose batch size is unknown the latter cannot be seen; the variance is 0 then.)

    Differs from PyTorch:
        Keras' `momentum` weighs the *old* statistics: 0.99 there is 0.01 here; its `epsilon` default is 1e-3 (tens of percent where the variance is 1e-3).
        Keras averages the biased variance, PyTorch the unbiased one: n/(n−1) apart, 1 % for 3 images of 5×7, 33 % for 4 values.
        Keras gives zeros for one value per channel, PyTorch raises. Keras honours masks here, PyTorch knows none; the twin ignores them.
        Frozen layers keep Keras' meaning: `trainable = False` evaluates. `requires_grad_(False)` in PyTorch goes on taking statistics.

    Source: Ioffe and Szegedy 2015, arXiv:1502.03167; the notes, "BatchNorm".
    """

    _ranks = (4,)


@_register
class BatchNorm3d(_BatchNorm):
    """Normalises each channel of volumes; see `BatchNorm2d`.

    Shapes:
        input and output (N, D, H, W, C).

    Differs from PyTorch: as `BatchNorm2d`.

    Source: Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    _ranks = (5,)
