"""DeepLab v3+, channels last: DeepLab v3 as an encoder, and a decoder that joins its features with those of stage 1."""

from collections.abc import Sequence

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.models._model import Model
from tf_impl.models._segmentation import ASPP, conv_norm_relu, resized
from tf_impl.models.resnet import ResNetBackbone
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DeepLabV3Plus(Model):
    """`backbone`, then in `classifier` the pyramid, the projection of stage 1, and the convolutions on both.

    Args:
        num_classes: scores of each pixel.
        layers: bottlenecks of each of ResNet's four stages.
        width: channels of ResNet's stem.
        in_channels: channels of the images.
        output_stride: 8 or 16.
        atrous_rates: dilations of the pyramid; None: 6, 12 and 18, doubled at a stride of 8.
        hidden: channels of the pyramid's parts and of the decoder.
        low: channels that stage 1 is brought to.
        decoder_layers: 3×3 convolutions of the decoder.
        separable: 3×3 convolutions of pyramid and decoder take each channel by itself, then mix.
        dropout: probability of dropping a value of the pyramid.

    Shapes:
        input (N, H, W, C) from 1×1 on, output (N, H, W, num_classes) scores.

    Raises:
        ValueError: another stride, images with other channels, or of integers; in training a single image.

    Differs from PyTorch:
        As `DeepLabV3`. Keras' `SeparableConv2D` refuses a dilation only together with a stride, and keeps both kernels in one layer.

    Source: Chen, Zhu, Papandreou, Schroff and Adam 2018, arXiv:1802.02611.
    """

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 23, 3), width: int = 64, in_channels: int = 3, output_stride: int = 16,
                 atrous_rates: Sequence[int] | None = None, hidden: int = 256, low: int = 48, decoder_layers: int = 2, separable: bool = False,
                 dropout: float = 0.1, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if output_stride not in (8, 16):
            raise ValueError(f"output_stride must be 8 or 16, got {output_stride}")
        self.in_channels = in_channels
        replace = (False, output_stride == 8, True)
        self.backbone = ResNetBackbone("bottleneck", layers, width, in_channels, replace_stride_with_dilation=replace)
        rates = atrous_rates or ((12, 24, 36) if output_stride == 8 else (6, 12, 18))
        self.classifier = _Decoder(32 * width, 4 * width, num_classes, rates, hidden, low, decoder_layers, separable, dropout)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w classes"]:
        self.check_images(x, self.in_channels)
        c2, _, _, c5 = self.backbone(x)
        return resized(self.classifier(c5, c2), x.shape[1:3])


class _Decoder(Twin):
    def __init__(self, in_channels: int, low_channels: int, num_classes: int, rates: Sequence[int], hidden: int, low: int, layers: int, separable: bool,
                 dropout: float) -> None:  # fmt: skip
        super().__init__(name="decoder")  # TensorFlow takes no name that starts with an underscore, which Keras would make of the class's
        self.project = Sequential(*conv_norm_relu(low_channels, low, 1))
        self.aspp = ASPP(in_channels, rates, hidden, dropout, separable)
        refined = [layer for i in range(layers) for layer in conv_norm_relu(hidden if i else low + hidden, hidden, 3, separable=separable)]
        self.classifier = Sequential(*refined, Conv2d(hidden, num_classes, 1))

    def call(self, features: Tensor, low_level: Tensor) -> Tensor:
        fine = self.project(low_level)
        return self.classifier(ops.concatenate([fine, resized(self.aspp(features), fine.shape[1:3])], axis=-1))
