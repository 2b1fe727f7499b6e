"""Fully convolutional networks, channels last: VGG-16 whose dense layers are convolutions, spread to every pixel; and torchvision's on ResNet."""

from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.layers.conv import Conv2d
from tf_impl.layers.conv_transpose import ConvTranspose2d
from tf_impl.layers.dropout import Dropout2d
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._model import Model
from tf_impl.models._segmentation import fcn_head, resized
from tf_impl.models._vgg_body import VGGBody
from tf_impl.models.resnet import ResNetBackbone
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class FCN32s(VGGBody):
    r"""Scores at a stride of 32, spread at once.

    $$ W_{u,v} = \Bigl(1 - \tfrac{|u - c|}{f}\Bigr)\Bigl(1 - \tfrac{|v - c|}{f}\Bigr),\quad f = \lceil k/2 \rceil,\quad c = f - \tfrac12 \text{ (k even)} $$

    is what each transposed convolution starts from: bilinear interpolation, class by class.

    Args:
        num_classes: scores of each pixel.
        in_channels: channels of the images.
        width: channels of VGG's first stage.
        hidden: channels of `fc6` and `fc7`.
        layers: convolutions of each of VGG's five stages.
        dropout: probability of dropping a channel of `fc6` and `fc7`.

    Shapes:
        input (N, H, W, C) from 1×1 on, output (N, H, W, num_classes) scores.

    Raises:
        ValueError: images with other channels, or of integers; not five stages.

    Differs from PyTorch:
        Channels are last; a transposed convolution's kernel is (kh, kw, out, in), and so is the bilinear one. Keras' `Conv2DTranspose(padding="same")` cuts
        k − s = 32 pixels, 16 on each side; the network cuts 19 at the top and left, because its first convolution padded by 100.
        Keras' pools have no `ceil_mode`.

    Source: Long, Shelhamer and Darrell 2014, arXiv:1411.4038; the notes, "FCN".
    """

    def __init__(self, num_classes: int = 21, in_channels: int = 3, width: int = 64, hidden: int = 4096, layers: Sequence[int] = (2, 2, 3, 3, 3),
                 dropout: float = 0.5, **kwargs) -> None:  # fmt: skip
        super().__init__(in_channels, width, layers, first_padding=100, **kwargs)
        self.pool = MaxPool2d(2, ceil_mode=True)
        self.fc6 = Conv2d(self.widths[-1], hidden, 7)
        self.drop6 = Dropout2d(dropout)
        self.fc7 = Conv2d(hidden, hidden, 1)
        self.drop7 = Dropout2d(dropout)
        self.score_fr = _score(hidden, num_classes)
        self._add_upscores(num_classes)

    def _add_upscores(self, num_classes: int) -> None:
        self.upscore = _spread(num_classes, 64, 32)

    def pools(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The outputs of pool 3, 4 and 5."""
        self.check_images(x, self.in_channels)
        outputs = []
        for number in range(1, 6):
            x = self.pool(self.stage(x, number))
            outputs.append(x)
        return tuple(outputs[2:])

    def scores(self, pool5: Tensor) -> Tensor:
        """At a stride of 32."""
        y = self.drop6(ops.relu(self.fc6(pool5)))
        y = self.drop7(ops.relu(self.fc7(y)))
        return self.score_fr(y)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w classes"]:
        _, _, pool5 = self.pools(x)
        return _cut(self.upscore(self.scores(pool5)), 19, x)


@_register
class FCN16s(FCN32s):
    """Scores at a stride of 32 doubled and added to those of pool 4.

    Args: as `FCN32s`.

    Shapes:
        input (N, H, W, C) from 1×1 on, output (N, H, W, num_classes) scores.

    Raises:
        ValueError: as `FCN32s`.

    Differs from PyTorch: as `FCN32s`.
    """

    def _add_upscores(self, num_classes: int) -> None:
        self.score_pool4 = _score(self.widths[3], num_classes)
        self.upscore2 = _spread(num_classes, 4, 2)
        self.upscore16 = _spread(num_classes, 32, 16)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w classes"]:
        _, pool4, pool5 = self.pools(x)
        y = self.upscore2(self.scores(pool5))
        y = y + _cut(self.score_pool4(pool4), 5, y)
        return _cut(self.upscore16(y), 27, x)


@_register
class FCN8s(FCN32s):
    """As FCN-16s, doubled once more and added to the scores of pool 3.

    Args: as `FCN32s`.

    Shapes:
        input (N, H, W, C) from 1×1 on, output (N, H, W, num_classes) scores.

    Raises:
        ValueError: as `FCN32s`.

    Differs from PyTorch: as `FCN32s`.
    """

    def _add_upscores(self, num_classes: int) -> None:
        self.score_pool3 = _score(self.widths[2], num_classes)
        self.score_pool4 = _score(self.widths[3], num_classes)
        self.upscore2 = _spread(num_classes, 4, 2)
        self.upscore8 = _spread(num_classes, 16, 8)
        self.upscore_pool4 = _spread(num_classes, 4, 2)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h w classes"]:
        pool3, pool4, pool5 = self.pools(x)
        y = self.upscore2(self.scores(pool5))
        y = self.upscore_pool4(y + _cut(self.score_pool4(pool4), 5, y))
        y = y + _cut(self.score_pool3(pool3), 9, y)
        return _cut(self.upscore8(y), 31, x)


@_register
class FCNResNet(Model):
    """torchvision's: ResNet at a stride of 8, a 3×3 convolution, scores, bilinear interpolation; the auxiliary scores come from stage 3.

    Args:
        num_classes: scores of each pixel.
        layers: bottlenecks of each of ResNet's four stages.
        width: channels of ResNet's stem.
        in_channels: channels of the images.
        aux_loss: also score stage 3, for training.
        dropout: probability of dropping a value before the scores.

    Shapes:
        input (N, H, W, C) from 1×1 on; {"out": (N, H, W, num_classes)} scores, with `aux_loss` also {"aux": …}.

    Raises:
        ValueError: images with other channels, or of integers.

    Differs from PyTorch: as `ResNet`; and `UpSampling2D` takes whole factors only: an image of 33 pixels has 5 at a stride of 8.

    Source: torchvision; Long, Shelhamer and Darrell 2014, arXiv:1411.4038.
    """

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 6, 3), width: int = 64, in_channels: int = 3, aux_loss: bool = False,
                 dropout: float = 0.1, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.in_channels = in_channels
        self.backbone = ResNetBackbone("bottleneck", layers, width, in_channels, replace_stride_with_dilation=(False, True, True))
        self.classifier = fcn_head(32 * width, num_classes, dropout)
        self.aux_classifier = fcn_head(16 * width, num_classes, dropout) if aux_loss else None

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> dict[str, Tensor]:
        self.check_images(x, self.in_channels)
        _, _, c4, c5 = self.backbone(x)
        outputs = {"out": resized(self.classifier(c5), x.shape[1:3])}
        if self.aux_classifier is not None:
            outputs["aux"] = resized(self.aux_classifier(c4), x.shape[1:3])
        return outputs


def _score(in_channels: int, num_classes: int) -> Conv2d:
    zeros = "zeros"  # so that a finer stride starts from the coarser one's answer
    return Conv2d(in_channels, num_classes, 1, kernel_initializer=zeros, bias_initializer=zeros)


def _spread(num_classes: int, size: int, stride: int) -> ConvTranspose2d:
    return ConvTranspose2d(num_classes, num_classes, size, stride, bias=False, kernel_initializer=_Bilinear())


class _Bilinear(keras.initializers.Initializer):
    """Interpolation of each class by itself."""

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Tensor:
        size, classes = shape[0], shape[-1]
        slope = 1 - np.abs(np.arange(size) - (size - 1) / 2) / ((size + 1) // 2)
        kernel = np.outer(slope, slope)[:, :, None, None] * np.eye(classes)
        return ops.convert_to_tensor(kernel, dtype or keras.config.floatx())


def _cut(x: Tensor, offset: int, like: Tensor) -> Tensor:
    """From `offset` on, as large as the other."""
    return x[:, offset : offset + like.shape[1], offset : offset + like.shape[2]]
