"""SegNet, channels last: VGG-16's convolutions down, the same back up, and the maxima put back where they came from."""

from collections.abc import Sequence
from itertools import pairwise

import keras
from jaxtyping import Float

from tf_impl.activations.relu import ReLU
from tf_impl.layers import container
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import ModuleList
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.layers.unpooling import MaxUnpool2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SegNet(Model):
    """Stages of 3×3 convolutions with batch norm and ReLU: `layers` of them, pooled, then mirrored; the last convolution gives the scores.

    Args:
        in_channels: channels of the images.
        num_classes: scores of each pixel.
        width: channels of the first stage; the next three double them, the fifth keeps them.
        layers: convolutions of each stage; VGG-16's.

    Shapes:
        input (N, H, W, C), output (N, H, W, num_classes) scores.

    Raises:
        ValueError: images of fewer than 32×32 pixels (for five stages), with other channels, or of integers.

    Differs from PyTorch:
        Channels are last. Keras has neither indices of maxima nor unpooling; TensorFlow's `max_pool_with_argmax` counts channels too.

    Source: Badrinarayanan, Kendall and Cipolla 2015, arXiv:1511.00561; the notes, "SegNet".
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 21, width: int = 64, layers: Sequence[int] = (2, 2, 3, 3, 3), **kwargs) -> None:
        super().__init__(**kwargs)
        channels = [in_channels, *(width * min(2**i, 8) for i in range(len(layers)))]
        stages = list(zip(layers, pairwise(channels), strict=True))
        self.in_channels, self.smallest = in_channels, 2 ** len(layers)
        self.encoder = ModuleList(_convolutions([before] + [after] * n) for n, (before, after) in stages)
        self.decoder = ModuleList(_convolutions([after] * n + [before]) for n, (before, after) in reversed(stages[1:]))
        self.decoder.append(_convolutions([channels[1]] * layers[0]).append(Conv2d(channels[1], num_classes, 3, padding=1)))
        self.pool = MaxPool2d(2, return_indices=True)
        self.unpool = MaxUnpool2d(2)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w classes"]:
        self.check_images(x, self.in_channels, self.smallest)
        pooled = []
        for stage in self.encoder:
            x = stage(x)
            size = tuple(x.shape[1:3])
            x, indices = self.pool(x)
            pooled.append((indices, size))
        for stage in self.decoder:
            indices, size = pooled.pop()
            x = stage(self.unpool(x, indices, output_size=size))
        return x


def _convolutions(channels: Sequence[int]) -> container.Sequential:
    """From each number of channels to the next."""
    return container.Sequential(
        *(layer for before, after in pairwise(channels) for layer in (Conv2d(before, after, 3, padding=1), BatchNorm2d(after), ReLU(inplace=True)))
    )
