"""What networks that label every pixel share, channels last."""

from collections.abc import Sequence

import keras
from keras import ops

from tf_impl.activations.relu import ReLU
from tf_impl.layers._twin import Twin
from tf_impl.layers.adaptive_pooling import AdaptiveAvgPool2d
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import ModuleList, Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.layers.upsample import Upsample
from tf_impl.models.resnet import Bottleneck
from tf_impl.typing import Tensor


def declared_built(layer: keras.layers.Layer) -> keras.layers.Layer:
    """The layer: twins have their variables from the start, but Keras believes it only of what was called, and a state dict refuses the rest."""
    for part in layer._flatten_layers():
        part.built = True
    return layer


def resized(x: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """Bilinear, to a height and width."""
    return Upsample(size=tuple(size), mode="bilinear", align_corners=align_corners).call(x)  # in the precision of x, whatever the policy


def conv_norm_relu(in_channels: int, out_channels: int, size: int, stride: int = 1, dilation: int = 1, separable: bool = False) -> list[keras.layers.Layer]:
    """A convolution without bias that keeps the size (divided by the stride), its batch norm and a ReLU."""
    padding = dilation * (size // 2)
    if separable:
        conv = AtrousSeparable(in_channels, out_channels, size, padding, dilation)
    else:
        conv = Conv2d(in_channels, out_channels, size, stride, padding, dilation, bias=False)
    return [conv, BatchNorm2d(out_channels), ReLU(inplace=True)]


class AtrousSeparable(Twin):
    """Each channel by itself, dilated; then 1×1."""

    def __init__(self, in_channels: int, out_channels: int, size: int, padding: int, dilation: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.body = Sequential(
            Conv2d(in_channels, in_channels, size, padding=padding, dilation=dilation, groups=in_channels, bias=False),
            Conv2d(in_channels, out_channels, 1, bias=False),
        )

    def call(self, x: Tensor) -> Tensor:
        return self.body(x)


def fcn_head(in_channels: int, num_classes: int, dropout: float) -> Sequential:
    """torchvision's: 3×3 to a quarter of the channels, then scores."""
    hidden = in_channels // 4
    return Sequential(*conv_norm_relu(in_channels, hidden, 3), Dropout(dropout), Conv2d(hidden, num_classes, 1))


class ASPP(Twin):
    """Atrous spatial pyramid pooling: 1×1, 3×3 at each rate and the mean of the whole image side by side, then 1×1; torchvision's names."""

    def __init__(self, in_channels: int, rates: Sequence[int], channels: int, dropout: float, separable: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        pyramid = [Sequential(*conv_norm_relu(in_channels, channels, 3, dilation=rate, separable=separable)) for rate in rates]
        image_level = Sequential(AdaptiveAvgPool2d(1), *conv_norm_relu(in_channels, channels, 1))
        self.convs = ModuleList([Sequential(*conv_norm_relu(in_channels, channels, 1)), *pyramid, image_level])
        self.project = Sequential(*conv_norm_relu(len(self.convs) * channels, channels, 1), Dropout(dropout))

    def call(self, x: Tensor) -> Tensor:
        *branches, image_level = (conv(x) for conv in self.convs)
        return self.project(ops.concatenate([*branches, resized(image_level, x.shape[1:3])], axis=-1))


class DilatedResNet(Twin):
    """ResNet of bottlenecks that keeps a stride of 8 or 16: where a stage would halve the size, all its blocks are dilated instead, as in the DeepLab papers.

    (`ResNetBackbone(replace_stride_with_dilation=…)`, torchvision's, leaves the first block of such a stage at the dilation before: what a strided block sees.)
    `multi_grid`: each block of the last stage multiplies the dilation by its own factor.
    """

    def __init__(self, layers: Sequence[int], width: int, in_channels: int, output_stride: int, multi_grid: Sequence[int] | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        if output_stride not in (8, 16):
            raise ValueError(f"output_stride must be 8 or 16, got {output_stride}")
        if multi_grid is not None and len(multi_grid) != layers[3]:
            raise ValueError(f"multi_grid must have a factor for each of the last stage's {layers[3]} blocks, got {tuple(multi_grid)}")
        self.conv1 = Conv2d(in_channels, width, 7, 2, 3, bias=False)
        self.bn1 = BatchNorm2d(width)
        self.relu = ReLU(inplace=True)
        self.maxpool = MaxPool2d(3, 2, 1)
        last = 32 // output_stride
        self.layer1 = dilated_stage(width, width, [1] * layers[0])
        self.layer2 = dilated_stage(4 * width, 2 * width, [1] * layers[1], stride=2)
        self.layer3 = dilated_stage(8 * width, 4 * width, [last // 2] * layers[2], stride=3 - last // 2)
        self.layer4 = dilated_stage(16 * width, 8 * width, [last * factor for factor in multi_grid or [1] * layers[3]])

    def call(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        c2 = self.layer1(self.maxpool(self.relu(self.bn1(self.conv1(x)))))
        c3 = self.layer2(c2)
        c4 = self.layer3(c3)
        return c2, c3, c4, self.layer4(c4)


def dilated_stage(in_channels: int, channels: int, dilations: Sequence[int], stride: int = 1) -> Sequential:
    """A bottleneck for each dilation; the first has the stride."""
    first, *rest = dilations
    return Sequential(Bottleneck(in_channels, channels, stride, first), *(Bottleneck(4 * channels, channels, 1, dilation) for dilation in rest))
