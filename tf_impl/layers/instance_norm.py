"""Instance normalisation of signals, images and volumes, channels last, with PyTorch's arguments and running statistics."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin, batched, check_channels, widened
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _InstanceNorm(Twin, keras.layers.BatchNormalization):
    _rank: int

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1, affine: bool = False, track_running_stats: bool = False, *,
                 bias: bool = True, **kwargs) -> None:  # fmt: skip
        super().__init__(axis=-1, epsilon=eps, center=affine and bias, scale=affine, **kwargs)
        self.num_features = num_features
        self.track_running_stats = track_running_stats
        self._new_weight = momentum or 0.0
        self.build((None, num_features))
        self.input_spec = None  # Keras' fixes the number of axes

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        super().build(input_shape)
        if self.track_running_stats:
            self.num_batches_tracked = self.add_weight(shape=(), dtype="int64", initializer="zeros", trainable=False, name="num_batches_tracked")

    def add_weight(self, *args, trainable: bool = True, **kwargs):
        return super().add_weight(*args, trainable=trainable, **kwargs) if trainable or self.track_running_stats else None

    def call(self, inputs: Float[Tensor, "*n_space c"], training: bool | None = None) -> Float[Tensor, "*n_space c"]:
        if self.scale or self.track_running_stats:
            check_channels(self, inputs, "num_features", self.num_features)
        return batched(lambda x: self._on_batch(x, bool(training) and self.trainable), inputs, self._rank, type(self).__name__)

    def _on_batch(self, inputs: Tensor, learning: bool) -> Tensor:
        x, space = widened(inputs), inputs.shape[1:-1]
        if self.track_running_stats and not learning:
            mean, variance = self.moving_mean, self.moving_variance
        else:
            if None not in space and math.prod(space) == 1:
                raise ValueError(f"{type(self).__name__} needs more than one value per channel and example, got an input of shape {tuple(inputs.shape)}")
            mean, variance = ops.moments(x, axes=list(range(1, self._rank + 1)), keepdims=True)
            if self.track_running_stats:
                n = ops.cast(ops.size(x) // ops.size(mean), x.dtype)
                self._track(mean, variance * (n / ops.maximum(n - 1, 1)))
        x = (x - mean) * ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            x = x * self.gamma
        if self.beta is not None:
            x = x + self.beta
        return ops.cast(x, self.compute_dtype)

    def _track(self, mean: Tensor, unbiased_variance: Tensor) -> None:
        new = self._new_weight
        for running, latest in ((self.moving_mean, mean), (self.moving_variance, unbiased_variance)):
            latest = ops.mean(latest, axis=list(range(self._rank + 1)))
            running.assign((1 - new) * running + new * ops.cast(latest, running.dtype))


@_register
class InstanceNorm1d(_InstanceNorm):
    """Normalises each channel of each signal; see `InstanceNorm2d`.

    Shapes:
        input and output (N, L, C) or (L, C).

    Differs from PyTorch: as `InstanceNorm2d`.

    Source: Ulyanov et al. 2016, arXiv:1607.08022.
    """

    _rank = 1


@_register
class InstanceNorm2d(_InstanceNorm):
    r"""Normalises each channel of each image by its own mean and variance.

    $$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta $$

    Args:
        num_features: channels C.
        eps: added to the variance.
        momentum: weight of the *new* statistics in the running average; None counts as 0, as in PyTorch.
        affine: learn γ and β (off unless asked for).
        track_running_stats: keep running statistics and use them in evaluation; else evaluation normalises as training does.
        bias: learn β.

    Shapes:
        input and output (N, H, W, C) or (H, W, C); γ, β, running mean and variance (C,).
        `num_batches_tracked` () is there for PyTorch's checkpoints and never counts, as in PyTorch.

    Raises:
        ValueError: the input's axes or its last axis are not as expected; one value per channel and example.

    Differs from PyTorch:
        Keras has it as `GroupNormalization(groups=-1)`, with epsilon 1e-3, learned γ and β, and without running statistics.

    Source: Ulyanov et al. 2016, arXiv:1607.08022; the notes, "InstanceNorm".
    """

    _rank = 2


@_register
class InstanceNorm3d(_InstanceNorm):
    """Normalises each channel of each volume; see `InstanceNorm2d`.

    Shapes:
        input and output (N, D, H, W, C) or (D, H, W, C).

    Differs from PyTorch: as `InstanceNorm2d`.

    Source: Ulyanov et al. 2016, arXiv:1607.08022.
    """

    _rank = 3
