"""PSPNet, channels last: dilated ResNet, and the means of 1, 4, 9 and 36 regions laid beside its features."""

from collections.abc import Sequence

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers.adaptive_pooling import AdaptiveAvgPool2d
from tf_impl.layers.container import ModuleList, Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.dropout import Dropout2d
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._model import Model
from tf_impl.models._segmentation import conv_norm_relu, declared_built, dilated_stage, resized
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class PyramidPooling(Model):
    """For each bin number, means of bin × bin regions, 1×1 to an equal share of the channels, back to size; joined behind the input.

    Args:
        in_channels: channels of the features.
        bins: regions along each axis, for each level.

    Shapes:
        input (N, H, W, C), output (N, H, W, 2·C) if the number of bins divides C.

    Raises:
        ValueError: features with other channels; in training a single image, whose mean leaves batch norm one value per channel.

    Differs from PyTorch:
        Keras has no adaptive pooling: an average pool with stride n // 6 has other regions, for all sizes but multiples of 6. `UpSampling2D` does not align
        corners.

    Source: Zhao, Shi, Qi, Wang and Jia 2016, arXiv:1612.01105.
    """

    def __init__(self, in_channels: int, bins: Sequence[int] = (1, 2, 3, 6), **kwargs) -> None:
        super().__init__(**kwargs)
        share = in_channels // len(bins)
        self.features = ModuleList(Sequential(AdaptiveAvgPool2d(count), *conv_norm_relu(in_channels, share, 1)) for count in bins)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w c2"]:
        return ops.concatenate([x, *(resized(feature(x), x.shape[1:3], align_corners=True) for feature in self.features)], axis=-1)


@keras.saving.register_keras_serializable(package="tf_impl")
class PSPNet(Model):
    """`layer0` … `layer4` at a stride of 8, the pyramid, a 3×3 convolution, scores.

    Args:
        num_classes: scores of each pixel.
        layers: bottlenecks of each of ResNet's four stages.
        width: channels of the first two convolutions; stages 1 … 4 end with 4, 8, 16 and 32 times as many.
        in_channels: channels of the images.
        bins: of the pyramid.
        hidden: channels before the scores; half of them before the auxiliary ones.
        dropout: probability of dropping a channel before the scores.

    Shapes:
        input (N, H, W, C) from 1×1 on; {"out": (N, H, W, num_classes)} scores, in training also {"aux": …}.

    Raises:
        ValueError: images with other channels, or of integers; in training a single image.

    Differs from PyTorch:
        As `PyramidPooling`. Whether there are auxiliary scores is decided by `training`, an argument, where PyTorch has a state of the module.

    Source: Zhao, Shi, Qi, Wang and Jia 2016, arXiv:1612.01105; the notes, "PSPNet".
    """

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 6, 3), width: int = 64, in_channels: int = 3,
                 bins: Sequence[int] = (1, 2, 3, 6), hidden: int = 512, dropout: float = 0.1, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.in_channels = in_channels
        stem = [*conv_norm_relu(in_channels, width, 3, 2), *conv_norm_relu(width, width, 3), *conv_norm_relu(width, 2 * width, 3)]
        self.layer0 = Sequential(*stem, MaxPool2d(3, 2, 1))
        self.layer1 = dilated_stage(2 * width, width, [1] * layers[0])
        self.layer2 = dilated_stage(4 * width, 2 * width, [1] * layers[1], stride=2)
        self.layer3 = dilated_stage(8 * width, 4 * width, [2] * layers[2])
        self.layer4 = dilated_stage(16 * width, 8 * width, [4] * layers[3])
        self.ppm = PyramidPooling(32 * width, bins)
        self.cls = _scores(32 * width + 32 * width // len(bins) * len(bins), hidden, num_classes, dropout)
        self.aux = declared_built(_scores(16 * width, hidden // 2, num_classes, dropout))  # evaluation does not call it

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> dict[str, Tensor]:
        self.check_images(x, self.in_channels)
        c4 = self.layer3(self.layer2(self.layer1(self.layer0(x))))
        c5 = self.layer4(c4)
        outputs = {"out": resized(self.cls(self.ppm(c5)), x.shape[1:3], align_corners=True)}
        if training:
            outputs["aux"] = resized(self.aux(c4), x.shape[1:3], align_corners=True)
        return outputs


def _scores(in_channels: int, hidden: int, num_classes: int, dropout: float) -> Sequential:
    return Sequential(*conv_norm_relu(in_channels, hidden, 3), Dropout2d(dropout), Conv2d(hidden, num_classes, 1))
