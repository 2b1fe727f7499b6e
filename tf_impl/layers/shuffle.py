"""Moving values between channels and space, channels last, in PyTorch's order."""

import keras
from jaxtyping import Shaped
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class PixelShuffle(Twin):
    r"""Spreads r² channels over r × r pixels.

    $$ y_{r\,i + u,\; r\,j + v,\; c} = x_{i,\; j,\; c\,r^2 + u\,r + v} $$

    Args:
        upscale_factor: r.

    Shapes:
        input (…, H, W, C·r²), output (…, H·r, W·r, C).

    Raises:
        ValueError: fewer than 3 axes, or channels that r² does not divide.

    Differs from PyTorch:
        `tf.nn.depth_to_space` and Keras' `ops.depth_to_space` on TensorFlow read the channel as (u·r + v)·C + c: O(1) wrong for C > 1, silently (4.0).

    Source: Shi et al. 2016, arXiv:1609.05158.
    """

    def __init__(self, upscale_factor: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.upscale_factor = upscale_factor
        self.built = True

    def call(self, inputs: Shaped[Tensor, "*lead h w c"]) -> Shaped[Tensor, "*lead h2 w2 c2"]:
        r, lead = self.upscale_factor, _lead(inputs, self)
        if inputs.shape[-1] % (r * r):
            raise ValueError(f"PixelShuffle: upscale_factor² = {r * r} must divide the channels, got an input of shape {tuple(inputs.shape)}")
        *before, height, width, channels = ops.shape(inputs)
        x = ops.reshape(inputs, (*before, height, width, channels // (r * r), r, r))
        x = ops.transpose(x, (*range(lead), lead, lead + 3, lead + 1, lead + 4, lead + 2))
        return ops.reshape(x, (*before, height * r, width * r, channels // (r * r)))


@_register
class PixelUnshuffle(Twin):
    r"""Gathers r × r pixels into r² channels, the inverse of `PixelShuffle`.

    Args:
        downscale_factor: r.

    Shapes:
        input (…, H·r, W·r, C), output (…, H, W, C·r²).

    Raises:
        ValueError: fewer than 3 axes, or sizes that r does not divide.

    Differs from PyTorch: as `PixelShuffle`, for `space_to_depth`.

    Source: Shi et al. 2016, arXiv:1609.05158.
    """

    def __init__(self, downscale_factor: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.downscale_factor = downscale_factor
        self.built = True

    def call(self, inputs: Shaped[Tensor, "*lead h w c"]) -> Shaped[Tensor, "*lead h2 w2 c2"]:
        r, lead = self.downscale_factor, _lead(inputs, self)
        if any(size is not None and size % r for size in inputs.shape[-3:-1]):
            raise ValueError(f"PixelUnshuffle: downscale_factor {r} must divide height and width, got an input of shape {tuple(inputs.shape)}")
        *before, height, width, channels = ops.shape(inputs)
        x = ops.reshape(inputs, (*before, height // r, r, width // r, r, channels))
        x = ops.transpose(x, (*range(lead), lead, lead + 2, lead + 4, lead + 1, lead + 3))
        return ops.reshape(x, (*before, height // r, width // r, channels * r * r))


@_register
class ChannelShuffle(Twin):
    r"""Takes the channels turn by turn from the groups.

    $$ y_{k\,g + i} = x_{i\,C/g + k} $$

    Args:
        groups: g.

    Shapes:
        input and output (N, *space, C), with at least one axis of space.

    Raises:
        ValueError: fewer than 3 axes, or no positive number of groups that divides the channels.

    Differs from PyTorch:
        Keras has no such layer.

    Source: Zhang et al. 2018, arXiv:1707.01083 (ShuffleNet).
    """

    def __init__(self, groups: int, **kwargs) -> None:
        if groups < 1:
            raise ValueError(f"groups must be positive, got {groups}")
        super().__init__(**kwargs)
        self.groups = groups
        self.built = True

    def call(self, inputs: Shaped[Tensor, "n *space c"]) -> Shaped[Tensor, "n *space c"]:
        _lead(inputs, self)
        if inputs.shape[-1] % self.groups:
            raise ValueError(f"ChannelShuffle: groups={self.groups} must divide the channels, got an input of shape {tuple(inputs.shape)}")
        *before, channels = ops.shape(inputs)
        x = ops.swapaxes(ops.reshape(inputs, (*before, self.groups, channels // self.groups)), -1, -2)
        return ops.reshape(x, (*before, channels))


def _lead(inputs: Tensor, layer: keras.layers.Layer) -> int:
    if len(inputs.shape) < 3:
        raise ValueError(f"{type(layer).__name__} expects at least 3 axes, got an input of shape {tuple(inputs.shape)}")
    return len(inputs.shape) - 3
