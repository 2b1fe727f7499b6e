"""Group normalisation, channels last, with PyTorch's arguments."""

import math

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin, check_channels, widened
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class GroupNorm(Twin, keras.layers.GroupNormalization):
    r"""Normalises every example over space and groups of neighbouring channels, then scales and shifts each channel.

    $$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta $$

    Args:
        num_groups: groups the channels are split into; 1 is a layer norm over space and channels, `num_channels` an instance norm.
        num_channels: channels C.
        eps: added to the variance.
        affine: learn γ and β.
        bias: learn β.

    Shapes:
        input and output (N, *space, C) or (N, C); γ and β (C,).

    Raises:
        ValueError: the groups do not divide the channels, the last axis is not `num_channels`, or one example with one value per group.

    Differs from PyTorch:
        Keras' `epsilon` is 1e-3, PyTorch's 1e-5; Keras' `groups` is 32 where PyTorch asks for it.
        Keras computes x·r − mean·r, which cancels when the mean is large beside the deviation (float32, 1e4 times: 1.6e-3); here it is (x − mean)·r (9e-4).

    Source: Wu and He 2018, arXiv:1803.08494; the notes, "GroupNorm".
    """

    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, *, bias: bool = True, **kwargs) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"num_groups must divide num_channels, got num_groups={num_groups} and num_channels={num_channels}")
        super().__init__(num_groups, axis=-1, epsilon=eps, center=affine and bias, scale=affine, **kwargs)
        self.num_channels = num_channels
        self.build((None, num_channels))
        self.input_spec = None  # Keras' fixes the number of axes

    def call(self, inputs: Float[Tensor, "n *space c"]) -> Float[Tensor, "n *space c"]:
        if len(inputs.shape) < 2:
            raise ValueError(f"GroupNorm expects at least 2 axes (batch, channels), got an input of shape {tuple(inputs.shape)}")
        check_channels(self, inputs, "num_channels", self.num_channels)
        if None not in inputs.shape and math.prod(inputs.shape) == self.groups:
            raise ValueError(f"GroupNorm needs more than one value per group, got an input of shape {tuple(inputs.shape)} with num_groups={self.groups}")
        shape = ops.shape(inputs)
        x = ops.reshape(widened(inputs), (*shape[:-1], self.groups, self.num_channels // self.groups))
        mean, variance = ops.moments(x, axes=[*range(1, len(shape) - 1), len(shape)], keepdims=True)
        x = ops.reshape((x - mean) * ops.rsqrt(variance + self.epsilon), shape)
        if self.gamma is not None:
            x = x * self.gamma
        if self.beta is not None:
            x = x + self.beta
        return ops.cast(x, self.compute_dtype)
