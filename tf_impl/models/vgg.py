"""VGG-11, -13, -16 and -19, with and without batch normalisation, channels last."""

from collections.abc import Iterator, Sequence

import keras
from jaxtyping import Float

from tf_impl.activations.relu import ReLU
from tf_impl.initializers.kaiming import KaimingNormal
from tf_impl.layers.adaptive_pooling import AdaptiveAvgPool2d
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class VGG(Model):
    """Five stages of 3×3 convolutions, a maximum after each, means over 7×7, two hidden dense layers under dropout.

    Args:
        layers: convolutions of each of the five stages.
        batch_norm: normalise after each convolution.
        num_classes: scores at the end.
        dropout: probability of dropping an output of a hidden dense layer.
        width: channels of the first stage; the others have 2, 4, 8 and 8 times as many, the dense layers 64 times.
        in_channels: channels of the images.

    Shapes:
        input (N, H, W, C) from 32×32 on, output (N, num_classes) scores.

    Raises:
        ValueError: not five stages, smaller images, images with other channels, or of integers.

    Differs from PyTorch:
        Channels are last; `Flatten` puts them first, so that `classifier.0`'s weight is PyTorch's transposed and not permuted as well.
        `keras.applications.VGG16` flattens channels last: its `fc1` has the same numbers in another order, and it takes 224×224 only where this averages
        to 7×7. Its convolutions are the same ("same" pads symmetrically at stride 1); it has neither dropout nor norms.

    Source: Simonyan and Zisserman 2014, arXiv:1409.1556; the notes, "VGG".
    """

    def __init__(self, layers: Sequence[int], batch_norm: bool = False, num_classes: int = 1000, dropout: float = 0.5, width: int = 64,
                 in_channels: int = 3, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        hidden = 64 * width
        self.in_channels = in_channels
        self.features = Sequential(*_features(layers, batch_norm, width, in_channels))
        self.avgpool = AdaptiveAvgPool2d((7, 7))
        self.flatten = Flatten()
        self.classifier = Sequential(
            _linear(8 * width * 7 * 7, hidden),
            ReLU(inplace=True),
            Dropout(dropout),
            _linear(hidden, hidden),
            ReLU(inplace=True),
            Dropout(dropout),
            _linear(hidden, num_classes),
        )

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n classes"]:
        self.check_images(x, self.in_channels, 32)
        x = self.avgpool(self.features(x))
        return self.classifier(self.flatten(x))


def _features(layers: Sequence[int], batch_norm: bool, width: int, channels: int) -> Iterator[keras.layers.Layer]:
    if len(layers) != 5:
        raise ValueError(f"layers must say how many convolutions each of the five stages has, got {tuple(layers)}")
    for count, times in zip(layers, (1, 2, 4, 8, 8), strict=True):
        for _ in range(count):
            start = KaimingNormal(mode="fan_out", nonlinearity="relu")
            yield Conv2d(channels, times * width, 3, 1, 1, kernel_initializer=start, bias_initializer="zeros")
            if batch_norm:
                yield BatchNorm2d(times * width)
            yield ReLU(inplace=True)
            channels = times * width
        yield MaxPool2d(2)


def _linear(in_features: int, out_features: int) -> Linear:
    return Linear(in_features, out_features, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01), bias_initializer="zeros")


def vgg11(**options) -> VGG:
    """8 convolutions and three dense layers; `options` as `VGG`'s, so for the others."""
    return VGG((1, 1, 2, 2, 2), **options)


def vgg13(**options) -> VGG:
    """10 convolutions and three dense layers."""
    return VGG((2, 2, 2, 2, 2), **options)


def vgg16(**options) -> VGG:
    """13 convolutions and three dense layers."""
    return VGG((2, 2, 3, 3, 3), **options)


def vgg19(**options) -> VGG:
    """16 convolutions and three dense layers."""
    return VGG((2, 2, 4, 4, 4), **options)


def vgg11_bn(**options) -> VGG:
    """`vgg11` with batch normalisation."""
    return VGG((1, 1, 2, 2, 2), batch_norm=True, **options)


def vgg13_bn(**options) -> VGG:
    """`vgg13` with batch normalisation."""
    return VGG((2, 2, 2, 2, 2), batch_norm=True, **options)


def vgg16_bn(**options) -> VGG:
    """`vgg16` with batch normalisation."""
    return VGG((2, 2, 3, 3, 3), batch_norm=True, **options)


def vgg19_bn(**options) -> VGG:
    """`vgg19` with batch normalisation."""
    return VGG((2, 2, 4, 4, 4), batch_norm=True, **options)
