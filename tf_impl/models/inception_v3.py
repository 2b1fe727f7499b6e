"""Inception v3, channels last: 5×5 as two 3×3, 7×7 as 1×7 and 7×1, and an auxiliary head."""

from typing import NamedTuple

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.initializers.trunc_normal import TruncNormal
from tf_impl.layers.adaptive_pooling import AdaptiveAvgPool2d
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.layers.pooling import AvgPool2d, MaxPool2d
from tf_impl.models._model import Model
from tf_impl.models.googlenet import BasicConv2d, _Part, as_half_ranges
from tf_impl.typing import Tensor


class _Outputs(NamedTuple):
    """The scores of both heads."""

    logits: Tensor
    aux_logits: Tensor


def _conv(*arguments) -> BasicConv2d:
    return BasicConv2d(*arguments, std=0.1)


@keras.saving.register_keras_serializable(package="tf_impl")
class Inception3(Model):
    """Five convolutions, three blocks of kind A, four of kind C and two of kind E, with B and D between them that halve the size.

    Args:
        num_classes: scores at the end.
        aux_logits: build the auxiliary head, and return its scores too in training.
        transform_input: the images have ImageNet's mean and deviation, the weights expect −1 … 1.
        dropout: probability of dropping an input of the last layer.
        width: 64 is the paper's; all channels in proportion.
        in_channels: channels of the images.

    Shapes:
        input (N, H, W, C) from 75×75 on, in training with `aux_logits` from 299×299 on; output (N, num_classes) scores, there those of both heads.

    Raises:
        ValueError: smaller images, images with other channels, or of integers.

    Differs from PyTorch:
        Channels are last. The means in the blocks count their padding, 3×3 places everywhere: Keras' "same" divides by those inside, 9/4 of it in a corner.
        `keras.applications.InceptionV3` does that, has no auxiliary head, norms without γ and no dropout. With its means replaced and γ = 1 it computes the
        same: `tests/test_models_classification.py`.

    Source: Szegedy et al. 2015, arXiv:1512.00567; the notes, "Inception".
    """

    def __init__(self, num_classes: int = 1000, aux_logits: bool = True, transform_input: bool = False, dropout: float = 0.5, width: int = 64,
                 in_channels: int = 3, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        c = _Scale(width)
        self.aux_logits, self.transform_input, self.in_channels = aux_logits, transform_input, in_channels
        self.Conv2d_1a_3x3 = _conv(in_channels, c(32), 3, 2)
        self.Conv2d_2a_3x3 = _conv(c(32), c(32), 3)
        self.Conv2d_2b_3x3 = _conv(c(32), c(64), 3, 1, 1)
        self.maxpool1 = MaxPool2d(3, 2)
        self.Conv2d_3b_1x1 = _conv(c(64), c(80), 1)
        self.Conv2d_4a_3x3 = _conv(c(80), c(192), 3)
        self.maxpool2 = MaxPool2d(3, 2)
        self.Mixed_5b = _A(c(192), c(32), c)
        self.Mixed_5c = _A(c(256), c(64), c)
        self.Mixed_5d = _A(c(288), c(64), c)
        self.Mixed_6a = _B(c(288), c)
        self.Mixed_6b = _C(c(768), c(128), c)
        self.Mixed_6c = _C(c(768), c(160), c)
        self.Mixed_6d = _C(c(768), c(160), c)
        self.Mixed_6e = _C(c(768), c(192), c)
        self.AuxLogits = _Head(c(768), num_classes, c) if aux_logits else None
        self.Mixed_7a = _D(c(768), c)
        self.Mixed_7b = _E(c(1280), c)
        self.Mixed_7c = _E(c(2048), c)
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.flatten = Flatten()
        self.dropout = Dropout(dropout)
        self.fc = Linear(c(2048), num_classes, kernel_initializer=TruncNormal(std=0.1))

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n classes"] | _Outputs:
        self.check_images(x, self.in_channels, 299 if self.aux_logits and training else 75)
        if self.transform_input:
            x = as_half_ranges(x)
        x = self.maxpool1(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = self.maxpool2(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6a(x)
        x6e = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(x))))
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x6e)))
        scores = self.fc(self.flatten(self.dropout(self.avgpool(x))))
        return _Outputs(scores, self.AuxLogits(x6e)) if self.aux_logits and training else scores


class _Scale:
    """Channels in proportion to the width."""

    def __init__(self, width: int) -> None:
        self.width = width

    def __call__(self, channels: int) -> int:
        return channels * self.width // 64


class _A(_Part):
    """1×1; 5×5; two 3×3; means, 1×1."""

    def __init__(self, in_channels: int, pool_features: int, c: _Scale, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pool = AvgPool2d(3, 1, 1)
        self.branch1x1 = _conv(in_channels, c(64), 1)
        self.branch5x5_1 = _conv(in_channels, c(48), 1)
        self.branch5x5_2 = _conv(c(48), c(64), 5, 1, 2)
        self.branch3x3dbl_1 = _conv(in_channels, c(64), 1)
        self.branch3x3dbl_2 = _conv(c(64), c(96), 3, 1, 1)
        self.branch3x3dbl_3 = _conv(c(96), c(96), 3, 1, 1)
        self.branch_pool = _conv(in_channels, pool_features, 1)

    def call(self, x: Tensor) -> Tensor:
        y5 = self.branch5x5_2(self.branch5x5_1(x))
        y3 = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        pooled = self.branch_pool(self.pool(x))
        return ops.concatenate([self.branch1x1(x), y5, y3, pooled], -1)


class _B(_Part):
    """Halves the size: 3×3; two 3×3; maxima."""

    def __init__(self, in_channels: int, c: _Scale, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pool = MaxPool2d(3, 2)
        self.branch3x3 = _conv(in_channels, c(384), 3, 2)
        self.branch3x3dbl_1 = _conv(in_channels, c(64), 1)
        self.branch3x3dbl_2 = _conv(c(64), c(96), 3, 1, 1)
        self.branch3x3dbl_3 = _conv(c(96), c(96), 3, 2)

    def call(self, x: Tensor) -> Tensor:
        y3 = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return ops.concatenate([self.branch3x3(x), y3, self.pool(x)], -1)


class _C(_Part):
    """1×1; 7×7 as 1×7, 7×1; twice that; means, 1×1."""

    def __init__(self, in_channels: int, c7: int, c: _Scale, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pool = AvgPool2d(3, 1, 1)
        self.branch1x1 = _conv(in_channels, c(192), 1)
        self.branch7x7_1 = _conv(in_channels, c7, 1)
        self.branch7x7_2 = _conv(c7, c7, (1, 7), 1, (0, 3))
        self.branch7x7_3 = _conv(c7, c(192), (7, 1), 1, (3, 0))
        self.branch7x7dbl_1 = _conv(in_channels, c7, 1)
        self.branch7x7dbl_2 = _conv(c7, c7, (7, 1), 1, (3, 0))
        self.branch7x7dbl_3 = _conv(c7, c7, (1, 7), 1, (0, 3))
        self.branch7x7dbl_4 = _conv(c7, c7, (7, 1), 1, (3, 0))
        self.branch7x7dbl_5 = _conv(c7, c(192), (1, 7), 1, (0, 3))
        self.branch_pool = _conv(in_channels, c(192), 1)

    def call(self, x: Tensor) -> Tensor:
        y7 = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
        twice = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        twice = self.branch7x7dbl_5(self.branch7x7dbl_4(twice))
        pooled = self.branch_pool(self.pool(x))
        return ops.concatenate([self.branch1x1(x), y7, twice, pooled], -1)


class _D(_Part):
    """Halves the size: 3×3; 1×7, 7×1, 3×3; maxima."""

    def __init__(self, in_channels: int, c: _Scale, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pool = MaxPool2d(3, 2)
        self.branch3x3_1 = _conv(in_channels, c(192), 1)
        self.branch3x3_2 = _conv(c(192), c(320), 3, 2)
        self.branch7x7x3_1 = _conv(in_channels, c(192), 1)
        self.branch7x7x3_2 = _conv(c(192), c(192), (1, 7), 1, (0, 3))
        self.branch7x7x3_3 = _conv(c(192), c(192), (7, 1), 1, (3, 0))
        self.branch7x7x3_4 = _conv(c(192), c(192), 3, 2)

    def call(self, x: Tensor) -> Tensor:
        y3 = self.branch3x3_2(self.branch3x3_1(x))
        y7 = self.branch7x7x3_4(self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x))))
        return ops.concatenate([y3, y7, self.pool(x)], -1)


class _E(_Part):
    """1×1; 1×3 beside 3×1; 3×3 and then the same; means, 1×1."""

    def __init__(self, in_channels: int, c: _Scale, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pool = AvgPool2d(3, 1, 1)
        self.branch1x1 = _conv(in_channels, c(320), 1)
        self.branch3x3_1 = _conv(in_channels, c(384), 1)
        self.branch3x3_2a = _conv(c(384), c(384), (1, 3), 1, (0, 1))
        self.branch3x3_2b = _conv(c(384), c(384), (3, 1), 1, (1, 0))
        self.branch3x3dbl_1 = _conv(in_channels, c(448), 1)
        self.branch3x3dbl_2 = _conv(c(448), c(384), 3, 1, 1)
        self.branch3x3dbl_3a = _conv(c(384), c(384), (1, 3), 1, (0, 1))
        self.branch3x3dbl_3b = _conv(c(384), c(384), (3, 1), 1, (1, 0))
        self.branch_pool = _conv(in_channels, c(192), 1)

    def call(self, x: Tensor) -> Tensor:
        y = self.branch3x3_1(x)
        z = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        pooled = self.branch_pool(self.pool(x))
        return ops.concatenate([self.branch1x1(x), self.branch3x3_2a(y), self.branch3x3_2b(y), self.branch3x3dbl_3a(z), self.branch3x3dbl_3b(z), pooled], -1)


class _Head(_Part):
    """Means over 5×5 with stride 3, 1×1, 5×5 down to one place, a dense layer."""

    def __init__(self, in_channels: int, num_classes: int, c: _Scale, **kwargs) -> None:
        super().__init__(**kwargs)
        self.pool = AvgPool2d(5, 3)
        self.conv0 = _conv(in_channels, c(128), 1)
        self.conv1 = _conv(c(128), c(768), 5)
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.flatten = Flatten()
        self.fc = Linear(c(768), num_classes, kernel_initializer=TruncNormal(std=0.001))

    def call(self, x: Tensor) -> Tensor:
        x = self.conv1(self.conv0(self.pool(x)))
        return self.fc(self.flatten(self.avgpool(x)))
