"""ResNet-18, -34, -50, -101 and -152, channels last: blocks that learn what to add to their input."""

from collections.abc import Callable, Sequence

import keras
from jaxtyping import Float

from tf_impl.activations.relu import ReLU
from tf_impl.initializers.kaiming import KaimingNormal
from tf_impl.layers._twin import Twin
from tf_impl.layers.adaptive_pooling import AdaptiveAvgPool2d
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor

_Norm = Callable[..., keras.layers.Layer]
_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class BasicBlock(Twin):
    """Two 3×3 convolutions beside a shortcut.

    Shapes:
        input (N, H, W, in_channels), output (N, ⌈H/stride⌉, ⌈W/stride⌉, channels).

    Differs from PyTorch: as `ResNet`.
    """

    expansion = 1

    def __init__(self, in_channels: int, channels: int, stride: int = 1, dilation: int = 1, norm_layer: _Norm | None = None, **kwargs) -> None:
        zero_init = kwargs.pop("zero_init", False)
        super().__init__(**kwargs)
        if dilation > 1:
            raise ValueError(f"a basic block has no dilation, got {dilation}: replace_stride_with_dilation needs bottlenecks")
        norm = norm_layer or BatchNorm2d
        self.conv1 = _conv(in_channels, channels, 3, stride, 1)
        self.bn1 = norm(channels)
        self.relu = ReLU(inplace=True)
        self.conv2 = _conv(channels, channels, 3, 1, 1)
        self.bn2 = norm(channels, **_zeros(zero_init))
        self.downsample = _shortcut(in_channels, channels * self.expansion, stride, norm)

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n h2 w2 c2"]:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


@_register
class Bottleneck(Twin):
    """1×1 down to `channels`, 3×3, 1×1 up to four times as many, beside a shortcut.

    Shapes:
        input (N, H, W, in_channels), output (N, ⌈H/stride⌉, ⌈W/stride⌉, 4·channels).

    Differs from PyTorch: as `ResNet`.
    """

    expansion = 4

    def __init__(self, in_channels: int, channels: int, stride: int = 1, dilation: int = 1, norm_layer: _Norm | None = None, **kwargs) -> None:
        zero_init = kwargs.pop("zero_init", False)
        super().__init__(**kwargs)
        norm = norm_layer or BatchNorm2d
        self.conv1 = _conv(in_channels, channels, 1)
        self.bn1 = norm(channels)
        self.conv2 = _conv(channels, channels, 3, stride, dilation, dilation)
        self.bn2 = norm(channels)
        self.conv3 = _conv(channels, channels * self.expansion, 1)
        self.bn3 = norm(channels * self.expansion, **_zeros(zero_init))
        self.relu = ReLU(inplace=True)
        self.downsample = _shortcut(in_channels, channels * self.expansion, stride, norm)

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n h2 w2 c2"]:
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


@_register
class ResNetBackbone(Model):
    """ResNet without its head: the outputs of the four stages, for what is built on them.

    Args: as `ResNet`.

    Shapes:
        input (N, H, W, C); output (N, ⌈H/4⌉, ⌈W/4⌉, w), then with 8, 16 and 32, where w doubles from `width`, times 4 for bottlenecks.

    Raises:
        ValueError: as `ResNet`.

    Differs from PyTorch: as `ResNet`.
    """

    def __init__(self, block: str, layers: Sequence[int], width: int = 64, in_channels: int = 3, zero_init_residual: bool = False,
                 replace_stride_with_dilation: Sequence[bool] | None = None, norm_layer: _Norm | str | None = None, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        kind, norm = _kind(block), _norm(norm_layer)
        steps = _steps(replace_stride_with_dilation)
        self.in_channels = in_channels
        self.conv1 = _conv(in_channels, width, 7, 2, 3)
        self.bn1 = norm(width)
        self.relu = ReLU(inplace=True)
        self.maxpool = MaxPool2d(3, 2, 1)
        self.layer1 = _stage(kind, width, width, layers[0], *steps[0], norm, zero_init_residual)
        self.layer2 = _stage(kind, width * kind.expansion, 2 * width, layers[1], *steps[1], norm, zero_init_residual)
        self.layer3 = _stage(kind, 2 * width * kind.expansion, 4 * width, layers[2], *steps[2], norm, zero_init_residual)
        self.layer4 = _stage(kind, 4 * width * kind.expansion, 8 * width, layers[3], *steps[3], norm, zero_init_residual)
        self.out_channels = 8 * width * kind.expansion

    def get_config(self) -> dict:
        norm = self._words["norm_layer"]
        return super().get_config() | {"norm_layer": keras.saving.get_registered_name(norm) if isinstance(norm, type) else norm}

    def stages(self, x: Float[Tensor, "n h w c"]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The outputs of layer1 … layer4."""
        self.check_images(x, self.in_channels)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        c2 = self.layer1(x)
        c3 = self.layer2(c2)
        c4 = self.layer3(c3)
        c5 = self.layer4(c4)
        return c2, c3, c4, c5

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.stages(x)


@_register
class ResNet(ResNetBackbone):
    r"""Convolution 7×7, maxima, four stages of blocks, the mean of each channel, scores.

    $$ y = \mathrm{ReLU}\bigl(F(x) + W_s x\bigr) $$

    Args:
        block: "basic" (two 3×3 convolutions) or "bottleneck" (1×1, 3×3, 1×1).
        layers: blocks of each of the four stages.
        num_classes: scores at the end.
        width: channels of the stem and of the first stage's 3×3 convolutions; each stage doubles them.
        in_channels: channels of the images.
        zero_init_residual: the last norm of each block starts at γ = 0, so that the block starts as its shortcut.
        replace_stride_with_dilation: for stages 2, 3 and 4: keep the size and dilate the kernels that follow instead. Bottlenecks only.
        norm_layer: the class of the norms, made from the number of channels, or the name it is registered under; None: `BatchNorm2d`.

    Shapes:
        input (N, H, W, C) of any size from 1×1 on, output (N, num_classes) scores.

    Raises:
        ValueError: another block's name, images with other channels, or of integers.

    Differs from PyTorch:
        Channels are last; the stride of 2 pads symmetrically, which Keras' "same" does not for even sizes.
        `keras.applications.ResNet50` is another network: the stride stands at the first 1×1 convolution, convolutions have biases (26,560 of them) and
        the norms ε = 1.001e-5. With the stride moved it holds torchvision's weights: `tests/test_models_classification.py`.

    Source: He, Zhang, Ren and Sun 2015, arXiv:1512.03385; the notes, "resnet".
    """

    def __init__(self, block: str, layers: Sequence[int], num_classes: int = 1000, width: int = 64, in_channels: int = 3, zero_init_residual: bool = False,
                 replace_stride_with_dilation: Sequence[bool] | None = None, norm_layer: _Norm | str | None = None, **kwargs) -> None:  # fmt: skip
        super().__init__(block, layers, width, in_channels, zero_init_residual, replace_stride_with_dilation, norm_layer, **kwargs)
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.flatten = Flatten()
        self.fc = Linear(self.out_channels, num_classes)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n classes"]:
        # `training` reaches every layer through Keras' call context
        x = self.avgpool(self.stages(x)[-1])
        return self.fc(self.flatten(x))


def resnet18(**options) -> ResNet:
    """Two basic blocks a stage; `options` as `ResNet`'s, so for the others."""
    return ResNet("basic", (2, 2, 2, 2), **options)


def resnet34(**options) -> ResNet:
    """Basic blocks: 3, 4, 6, 3."""
    return ResNet("basic", (3, 4, 6, 3), **options)


def resnet50(**options) -> ResNet:
    """Bottlenecks: 3, 4, 6, 3."""
    return ResNet("bottleneck", (3, 4, 6, 3), **options)


def resnet101(**options) -> ResNet:
    """Bottlenecks: 3, 4, 23, 3."""
    return ResNet("bottleneck", (3, 4, 23, 3), **options)


def resnet152(**options) -> ResNet:
    """Bottlenecks: 3, 8, 36, 3."""
    return ResNet("bottleneck", (3, 8, 36, 3), **options)


def _norm(norm_layer: _Norm | str | None) -> _Norm:
    return keras.saving.get_registered_object(norm_layer) if isinstance(norm_layer, str) else norm_layer or BatchNorm2d


def _kind(block: str) -> type[BasicBlock] | type[Bottleneck]:
    kinds = {"basic": BasicBlock, "bottleneck": Bottleneck}
    if block not in kinds:
        raise ValueError(f"block must be one of {tuple(kinds)}, got {block!r}")
    return kinds[block]


def _steps(replace: Sequence[bool] | None) -> list[tuple[int, int, int]]:
    """Of each stage: its stride, the dilation of its first block, and of the others."""
    replace = (False, False, False) if replace is None else tuple(replace)
    if len(replace) != 3:
        raise ValueError(f"replace_stride_with_dilation must be None or three booleans, got {replace}")
    steps, dilation = [(1, 1, 1)], 1
    for instead in replace:
        steps.append((1 if instead else 2, dilation, dilation := dilation * 2 if instead else dilation))
    return steps


def _stage(kind, in_channels: int, channels: int, blocks: int, stride: int, first: int, dilation: int, norm: _Norm, zero_init: bool) -> Sequential:
    rest = (kind(channels * kind.expansion, channels, 1, dilation, norm, zero_init=zero_init) for _ in range(1, blocks))
    return Sequential(kind(in_channels, channels, stride, first, norm, zero_init=zero_init), *rest)


def _shortcut(in_channels: int, out_channels: int, stride: int, norm: _Norm) -> Sequential | None:
    if stride == 1 and in_channels == out_channels:
        return None
    return Sequential(_conv(in_channels, out_channels, 1, stride), norm(out_channels))


def _conv(in_channels: int, out_channels: int, size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> Conv2d:
    start = KaimingNormal(mode="fan_out", nonlinearity="relu")
    return Conv2d(in_channels, out_channels, size, stride, padding, dilation, bias=False, kernel_initializer=start)


def _zeros(zero_init: bool) -> dict[str, str]:
    return {"gamma_initializer": "zeros"} if zero_init else {}
