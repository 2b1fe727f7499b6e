"""GoogLeNet, or Inception v1, channels last: blocks of parallel convolutions, and auxiliary heads that feed gradients into the middle."""

from typing import NamedTuple

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations.relu import ReLU
from tf_impl.initializers.trunc_normal import TruncNormal
from tf_impl.layers._twin import Twin
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

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _Outputs(NamedTuple):
    """The scores of the three heads, the last first, as torchvision orders them."""

    logits: Tensor
    aux_logits2: Tensor
    aux_logits1: Tensor


@_register
class BasicConv2d(Twin):
    """Convolution, batch normalisation, ReLU.

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: of the convolution; so for the following two.

    Shapes:
        input (N, H, W, in_channels), output (N, H_out, W_out, out_channels), as `Conv2d`.

    Differs from PyTorch: as `Conv2d` and `BatchNorm2d`; the norm's ε is 0.001 on both sides.
    """

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int | tuple[int, int], stride: int = 1, padding: int | tuple[int, int] = 0,
                 **kwargs) -> None:  # fmt: skip
        std = kwargs.pop("std", 0.01)
        super().__init__(**kwargs)
        self.conv = Conv2d(in_channels, out_channels, kernel_size, stride, padding, bias=False, kernel_initializer=TruncNormal(std=std))
        self.bn = BatchNorm2d(out_channels, eps=0.001)
        self.relu = ReLU(inplace=True)

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n h2 w2 c2"]:
        return self.relu(self.bn(self.conv(x)))


@_register
class GoogLeNet(Model):
    """Nine inception blocks between maxima; heads after the third, the sixth and the last.

    Args:
        num_classes: scores at the end.
        aux_logits: build the two auxiliary heads, and return their scores in training.
        transform_input: the images have ImageNet's mean and deviation, the weights expect −1 … 1.
        dropout: probability of dropping an input of the last layer.
        dropout_aux: the same in the auxiliary heads.
        width: channels of the first convolution; all others in proportion.
        in_channels: channels of the images.

    Shapes:
        input (N, H, W, C) from 15×15 on, output (N, num_classes) scores; in training with `aux_logits` three of them.

    Raises:
        ValueError: smaller images, images with other channels, or of integers.

    Differs from PyTorch:
        Channels are last. The maxima let their last window hang over the end (`ceil_mode`), which Keras has not: at 224 its "valid" loses a row at every one.
        `keras.applications` has no GoogLeNet.

    Source: Szegedy et al. 2014, arXiv:1409.4842; the notes, "GoogLeNet" and "Inception".
    """

    def __init__(self, num_classes: int = 1000, aux_logits: bool = True, transform_input: bool = False, dropout: float = 0.2, dropout_aux: float = 0.7,
                 width: int = 64, in_channels: int = 3, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)

        def block(*channels: int) -> _Inception:
            return _Inception(*(count * width // 64 for count in channels))

        c64, c192, c512, c528, c1024 = (count * width // 64 for count in (64, 192, 512, 528, 1024))
        self.aux_logits, self.transform_input, self.in_channels = aux_logits, transform_input, in_channels
        self.conv1 = BasicConv2d(in_channels, c64, 7, 2, 3)
        self.maxpool1 = MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = BasicConv2d(c64, c64, 1)
        self.conv3 = BasicConv2d(c64, c192, 3, 1, 1)
        self.maxpool2 = MaxPool2d(3, 2, ceil_mode=True)
        self.inception3a = block(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = block(256, 128, 128, 192, 32, 96, 64)
        self.maxpool3 = MaxPool2d(3, 2, ceil_mode=True)
        self.inception4a = block(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = block(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = block(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = block(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = block(528, 256, 160, 320, 32, 128, 128)
        self.maxpool4 = MaxPool2d(2, 2, ceil_mode=True)
        self.inception5a = block(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = block(832, 384, 192, 384, 48, 128, 128)
        self.aux1 = _Head(c512, width, num_classes, dropout_aux) if aux_logits else None
        self.aux2 = _Head(c528, width, num_classes, dropout_aux) if aux_logits else None
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.flatten = Flatten()
        self.dropout = Dropout(dropout)
        self.fc = Linear(c1024, num_classes, kernel_initializer=TruncNormal(std=0.01))

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n classes"] | _Outputs:
        self.check_images(x, self.in_channels, 15)
        if self.transform_input:
            x = as_half_ranges(x)
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x4a = self.inception4a(x)
        x4d = self.inception4d(self.inception4c(self.inception4b(x4a)))
        x = self.maxpool4(self.inception4e(x4d))
        x = self.inception5b(self.inception5a(x))
        scores = self.fc(self.dropout(self.flatten(self.avgpool(x))))
        return _Outputs(scores, self.aux2(x4d), self.aux1(x4a)) if self.aux_logits and training else scores


class _Part(Twin):
    """A layer whose class is private: Keras makes names of classes', and TensorFlow takes none that starts with an underscore."""

    def __init__(self, **kwargs) -> None:
        super().__init__(**{"name": type(self).__name__.strip("_").lower()} | kwargs)


class _Inception(_Part):
    """Four branches side by side: 1×1; 1×1, 3×3; 1×1, 3×3 (the paper's 5×5); maxima, 1×1."""

    def __init__(self, in_channels: int, ch1x1: int, ch3x3red: int, ch3x3: int, ch5x5red: int, ch5x5: int, pool_proj: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.branch1 = BasicConv2d(in_channels, ch1x1, 1)
        self.branch2 = Sequential(BasicConv2d(in_channels, ch3x3red, 1), BasicConv2d(ch3x3red, ch3x3, 3, 1, 1))
        self.branch3 = Sequential(BasicConv2d(in_channels, ch5x5red, 1), BasicConv2d(ch5x5red, ch5x5, 3, 1, 1))
        self.branch4 = Sequential(MaxPool2d(3, 1, 1, ceil_mode=True), BasicConv2d(in_channels, pool_proj, 1))

    def call(self, x: Tensor) -> Tensor:
        return ops.concatenate([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], -1)


class _Head(_Part):
    """Means over 4×4, a 1×1 convolution, two dense layers."""

    def __init__(self, in_channels: int, width: int, num_classes: int, dropout: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pool = AdaptiveAvgPool2d((4, 4))
        self.conv = BasicConv2d(in_channels, 2 * width, 1)
        self.flatten = Flatten()
        self.fc1 = Linear(2 * width * 4 * 4, 16 * width, kernel_initializer=TruncNormal(std=0.01))
        self.fc2 = Linear(16 * width, num_classes, kernel_initializer=TruncNormal(std=0.01))
        self.dropout = Dropout(dropout)

    def call(self, x: Tensor) -> Tensor:
        x = self.flatten(self.conv(self.pool(x)))
        return self.fc2(self.dropout(ops.relu(self.fc1(x))))


def as_half_ranges(x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n h w c"]:
    """From ImageNet's mean and deviation of each colour to (pixel − 0.5)/0.5, for weights that were trained by TensorFlow."""
    mean, deviation = (ops.convert_to_tensor(values, x.dtype) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    return x * (deviation / 0.5) + (mean - 0.5) / 0.5
