"""Feature pyramid, channels last: every level of a backbone made to see what the coarser ones know."""

from collections.abc import Sequence

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.initializers.kaiming import KaimingUniform
from tf_impl.layers._twin import Twin, check_channels
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import ModuleList, Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.models._model import Model
from tf_impl.models.resnet import ResNetBackbone
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class FeaturePyramidNetwork(Twin):
    r"""1×1 convolutions, sums from coarse to fine, 3×3 convolutions.

    $$ p_l = \mathrm{conv}_{3×3}(m_l), \qquad m_l = \mathrm{conv}_{1×1}(c_l) + \mathrm{up}(m_{l+1}) $$

    Args:
        in_channels: channels of each level, the finest first.
        out_channels: channels of all levels of the pyramid.

    Shapes:
        input a tuple of (N, H_l, W_l, C_l), the finest first; output as many maps of `out_channels`, and one more: every second pixel of the last.

    Raises:
        ValueError: another number of maps, or of channels.

    Differs from PyTorch:
        `keras.layers.UpSampling2D` doubles: it cannot make 7 pixels of 4. Here every pixel is told which one it copies.

    Source: Lin et al. 2017, arXiv:1612.03144.
    """

    def __init__(self, in_channels: Sequence[int], out_channels: int, **kwargs) -> None:
        super().__init__(**kwargs)
        start = {"kernel_initializer": KaimingUniform(a=1), "bias_initializer": "zeros"}
        self.inner_blocks = ModuleList(Sequential(Conv2d(channels, out_channels, 1, **start)) for channels in in_channels)
        self.layer_blocks = ModuleList(Sequential(Conv2d(out_channels, out_channels, 3, padding=1, **start)) for _ in in_channels)
        self.built = True

    def call(self, features: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if len(features) != len(self.inner_blocks):
            raise ValueError(f"FeaturePyramidNetwork was built for {len(self.inner_blocks)} feature maps, got {len(features)}")
        merged = self.inner_blocks[-1](features[-1])
        levels = [self.layer_blocks[-1](merged)]
        for maps, inner, layer in list(zip(features, self.inner_blocks, self.layer_blocks, strict=True))[-2::-1]:
            lateral = inner(maps)
            merged = lateral + _nearest(merged, lateral.shape[1:3])
            levels.insert(0, layer(merged))
        return *levels, levels[-1][:, ::2, ::2]


@_register
class FrozenBatchNorm2d(Twin):
    r"""Batch normalisation by statistics that never change: four variables, none trained. For batches too small to take statistics of.

    $$ y = x \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}} + \Bigl(\beta - \mu \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}\Bigr) $$

    Args:
        num_features: channels C.
        eps: added to the variance.

    Shapes:
        input and output (N, H, W, C); weight, bias, running_mean, running_var (C,).

    Raises:
        ValueError: the input's last axis is not `num_features`.

    Differs from PyTorch:
        It is torchvision's layer; in Keras `BatchNormalization` with `trainable = False` does the same, under other names.

    Source: Ioffe and Szegedy 2015, arXiv:1502.03167; He et al. 2015, arXiv:1512.03385, appendix A (fixed in fine-tuning).
    """

    def __init__(self, num_features: int, eps: float = 1e-5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.num_features, self.eps = num_features, eps
        for name, start in (("weight", "ones"), ("bias", "zeros"), ("running_mean", "zeros"), ("running_var", "ones")):
            setattr(self, name, self.add_weight(shape=(num_features,), initializer=start, trainable=False, name=name))
        self.built = True

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n h w c"]:
        check_channels(self, x, "num_features", self.num_features)
        scale = self.weight * ops.rsqrt(self.running_var + self.eps)
        return x * scale + (self.bias - self.running_mean * scale)


@_register
class ResNetFPN(Model):
    """ResNet's stages as `body`, the pyramid as `fpn`.

    Args:
        block, layers, width, in_channels: ResNet's.
        out_channels: channels of the pyramid.
        frozen: norms are `FrozenBatchNorm2d`, as in fine-tuning; else `BatchNorm2d`.
        eps: the norms' ε. torchvision's published Mask R-CNN was trained with 0.

    Shapes:
        input (N, H, W, C), output five maps of 1/4, 1/8, 1/16, 1/32 and 1/64 of the size, rounded up, with `out_channels`.

    Raises:
        ValueError: images with other channels, or of integers.

    Differs from PyTorch: as `ResNet` and `FeaturePyramidNetwork`.

    Source: Lin et al. 2017, arXiv:1612.03144.
    """

    def __init__(self, block: str = "bottleneck", layers: Sequence[int] = (3, 4, 6, 3), width: int = 64, in_channels: int = 3,
                 out_channels: int = 256, frozen: bool = True, eps: float = 1e-5, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.body = ResNetBackbone(block, layers, width, in_channels, norm_layer=lambda channels: _norm(channels, frozen, eps))
        deepest = self.body.out_channels
        self.fpn = FeaturePyramidNetwork((deepest // 8, deepest // 4, deepest // 2, deepest), out_channels)
        self.out_channels = out_channels

    def call(self, images: Float[Tensor, "n h w c"], training: bool | None = None) -> tuple[Tensor, ...]:
        return self.fpn(self.body(images))


def _nearest(x: Tensor, size: tuple[int | None, int | None]) -> Tensor:
    """Each pixel a copy of the nearest before it, as PyTorch's "nearest"."""
    for axis, wanted in enumerate(size, start=1):
        if None in (wanted, x.shape[axis]):
            raise ValueError(f"a feature pyramid needs to know the size of its input, got {tuple(x.shape)}: give the Input a shape")
        x = ops.take(x, np.arange(wanted) * x.shape[axis] // wanted, axis=axis)
    return x


def _norm(channels: int, frozen: bool, eps: float) -> keras.layers.Layer:
    return FrozenBatchNorm2d(channels, eps) if frozen else BatchNorm2d(channels, eps)
