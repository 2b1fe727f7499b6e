"""DeepLab v1 (LargeFOV, multi-scale), channels last: VGG-16 whose last two pools keep the size, dilated convolutions behind them, branches beside."""

from collections.abc import Sequence

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations.relu import ReLU
from tf_impl.layers.container import ModuleList, Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.pooling import AvgPool2d, MaxPool2d
from tf_impl.models._segmentation import resized
from tf_impl.models._vgg_body import VGGBody
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DeepLabV1(VGGBody):
    """Five stages, `fc6` and `fc7`, with `multi_scale` five branches beside them, scores.

    Args:
        num_classes: scores of each pixel.
        in_channels: channels of the images.
        width: channels of VGG's first stage.
        hidden: channels of `fc6` and `fc7`.
        branch: channels of each branch.
        layers: convolutions of each of VGG's five stages.
        dropout: probability of dropping a value of `fc6` and `fc7`.
        multi_scale: branches from the image and the first four pools.

    Shapes:
        input (N, H, W, C) from 1×1 on, output (N, H, W, num_classes) scores.

    Raises:
        ValueError: images with other channels, or of integers; not five stages.

    Differs from PyTorch:
        Channels are last. Keras' "same" would pad the strided pools and branches at the bottom and right only, for even sizes; `UpSampling2D` does not align
        corners; `AveragePooling2D("same")` does not count the padding, which Caffe and PyTorch do.

    Source: Chen, Papandreou, Kokkinos, Murphy and Yuille 2014, arXiv:1412.7062; the notes, "DeepLab V1".
    """

    def __init__(self, num_classes: int = 21, in_channels: int = 3, width: int = 64, hidden: int = 1024, branch: int = 128,
                 layers: Sequence[int] = (2, 2, 3, 3, 3), dropout: float = 0.5, multi_scale: bool = True, **kwargs) -> None:  # fmt: skip
        super().__init__(in_channels, width, layers, last_dilation=2, **kwargs)
        self.pool_down = MaxPool2d(3, 2, 1)  # after stages 1, 2 and 3
        self.pool_on = MaxPool2d(3, 1, 1)  # after 4 and 5
        self.pool5a = AvgPool2d(3, 1, 1)
        self.fc6 = Conv2d(self.widths[-1], hidden, 3, padding=12, dilation=12)
        self.drop6 = Dropout(dropout)
        self.fc7 = Conv2d(hidden, hidden, 1)
        self.drop7 = Dropout(dropout)
        sources = list(zip([in_channels, *self.widths[:4]], (8, 4, 2, 1, 1), strict=True)) if multi_scale else []
        self.branches = ModuleList(_branch(channels, branch, stride) for channels, stride in sources)
        self.fc8 = Conv2d(hidden + len(sources) * branch, num_classes, 1)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w classes"]:
        self.check_images(x, self.in_channels)
        size, sources = x.shape[1:3], [x]
        for number in range(1, 6):
            x = self.stage(x, number)
            x = self.pool_down(x) if number < 4 else self.pool_on(x)
            sources.append(x)
        y = self.drop6(ops.relu(self.fc6(self.pool5a(x))))
        y = self.drop7(ops.relu(self.fc7(y)))
        beside = [branch(source) for branch, source in zip(self.branches, sources, strict=False)]  # not pool 5
        return resized(self.fc8(ops.concatenate([y, *beside], axis=-1)), size, align_corners=True)


def _branch(in_channels: int, channels: int, stride: int) -> Sequential:
    return Sequential(Conv2d(in_channels, channels, 3, stride, 1), ReLU(inplace=True), Conv2d(channels, channels, 1), ReLU(inplace=True))
