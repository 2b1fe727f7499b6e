"""ConvNeXt, channels last: a convolutional network drawn like a transformer."""

from collections.abc import Sequence

import keras
from jaxtyping import Bool, Float
from keras import ops

from tf_impl.activations.gelu import GELU
from tf_impl.initializers.trunc_normal import TruncNormal
from tf_impl.layers._twin import Twin
from tf_impl.layers.adaptive_pooling import AdaptiveAvgPool2d
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.identity import Identity
from tf_impl.layers.layer_norm import LayerNorm
from tf_impl.layers.linear import Linear
from tf_impl.layers.stochastic_depth import StochasticDepth
from tf_impl.models._images import check_images
from tf_impl.models._model import Model
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


def _start() -> dict[str, keras.initializers.Initializer | str]:
    return {"kernel_initializer": TruncNormal(std=0.02), "bias_initializer": "zeros"}


class _Depthwise(Conv2d):
    """Keras has a kernel for it. A convolution in groups it compiles anew at every eager call (TensorFlow on a CPU): 31 ms for 6 on 2×20×20×24."""

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        return ops.depthwise_conv(inputs, ops.swapaxes(kernel, -2, -1), self.strides, self.padding, self.data_format, self.dilation_rate)


@_register
class LayerNorm2d(LayerNorm):
    """Normalises the channels of each pixel: channels last, the plain `LayerNorm`.

    Shapes:
        input and output (N, H, W, C).

    Differs from PyTorch:
        torchvision's moves the channel axis to the end and back; here it is there.
    """


@_register
class CNBlock(Twin):
    r"""Depthwise 7×7, normalisation, a perceptron over the channels, scaled and added to the input.

    $$ z' = z + \mathrm{drop}\bigl(\lambda \odot (W_2\, \mathrm{GELU}(W_1\, \mathrm{LN}(W_{7 \times 7} * z) + b_1) + b_2)\bigr) $$

    Shapes:
        input and output (N, H, W, dim); kept (N,) booleans; `layer_scale` (dim, 1, 1), torchvision's shape.

    Differs from PyTorch: as `ConvNeXt`.

    Source: Liu et al. 2022, arXiv:2201.03545.
    """

    def __init__(self, dim: int, layer_scale: float, stochastic_depth_prob: float, **kwargs) -> None:
        super().__init__(**kwargs)
        self.block = Sequential(
            _Depthwise(dim, dim, 7, padding=3, groups=dim, **_start()),
            Identity(),  # torchvision's permutations, which have numbers too
            LayerNorm(dim, eps=1e-6),
            Linear(dim, 4 * dim, **_start()),
            GELU(),
            Linear(4 * dim, dim, **_start()),
            Identity(),
        )
        self.layer_scale = self.add_weight(name="layer_scale", shape=(dim, 1, 1), initializer=keras.initializers.Constant(layer_scale))
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")

    def call(self, x: Float[Tensor, "n h w c"], kept: Bool[Tensor, " n"] | None = None, training: bool | None = None) -> Float[Tensor, "n h w c"]:
        return self.stochastic_depth(ops.reshape(self.layer_scale, (-1,)) * self.block(x), kept) + x


@_register
class ConvNeXt(Model):
    """A stem of patches, four stages of blocks with downsamplings between, the mean over all pixels, a linear map.

    Args:
        block_setting: of each stage its channels, the next stage's (None in the last) and its blocks.
        stochastic_depth_prob: probability of leaving out the branch of the last block; it grows linearly from 0 in the first.
        layer_scale: where the factors λ of the branches start.
        num_classes: scores at the end.
        in_channels: channels of the images.

    Called with (x) and
        kept: which examples keep the branch of each block, in training; drawn if not given.

    Shapes:
        input (N, H, W, in_channels), H and W at least 4·2^(stages − 1): 32 for four; kept (blocks, N) booleans; output (N, num_classes) scores.
        ConvNeXt-T: 28,589,128 parameters, 4.46 G multiply-adds at 224 pixels.

    Raises:
        ValueError: images that are too small, with other channels, or of integers.

    Differs from PyTorch:
        Channels are last, so that torchvision's permutations are identities; λ keeps its shape (C, 1, 1).
        `keras.applications.ConvNeXtTiny` is the same network, with preprocessing before and a softmax behind it unless told otherwise, λ of shape (C,), and
        a `gelu` whose √2 is a float32: with equal weights 4e-6 of the largest score apart in float32. Its blocks' stochastic depth takes no masks.
        torchvision's `block` and `norm_layer` are left out on both sides.

    Source: Liu et al. 2022, arXiv:2201.03545.
    """

    def __init__(self, block_setting: Sequence[tuple[int, int | None, int]], stochastic_depth_prob: float = 0.0, layer_scale: float = 1e-6,
                 num_classes: int = 1000, in_channels: int = 3, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        stem = block_setting[0][0]
        self.in_channels, self.smallest = in_channels, 4 * 2 ** sum(following is not None for _, following, _ in block_setting)
        stages = [Sequential(Conv2d(in_channels, stem, 4, 4, **_start()), LayerNorm2d(stem, eps=1e-6))]
        block, last = 0, max(sum(blocks for _, _, blocks in block_setting) - 1, 1)
        for dim, following, blocks in block_setting:
            stages.append(Sequential(*(CNBlock(dim, layer_scale, stochastic_depth_prob * (block + i) / last) for i in range(blocks))))
            block += blocks
            if following is not None:
                stages.append(Sequential(LayerNorm2d(dim, eps=1e-6), Conv2d(dim, following, 2, 2, **_start())))
        self.features = Sequential(*stages)
        for container in (self.features, *self.features):
            container.built = True  # read by `call`, not called
        self.avgpool = AdaptiveAvgPool2d(1)
        self.classifier = Sequential(LayerNorm2d(dim, eps=1e-6), Flatten(1), Linear(dim, num_classes, **_start()))

    def call(self, x: Float[Tensor, "n h w c"], kept: Bool[Tensor, "blocks n"] | None = None, training: bool | None = None) -> Float[Tensor, "n classes"]:
        check_images(self, x, self.in_channels, self.smallest)
        branch = 0
        for stage in self.features:
            for layer in stage:
                if isinstance(layer, CNBlock):
                    x = layer(x, None if kept is None else kept[branch])
                    branch += 1
                else:
                    x = layer(x)
        return self.classifier(self.avgpool(x))


def convnext_tiny(**kwargs) -> ConvNeXt:
    """ConvNeXt-T; keywords are the constructor's."""
    setting = [(96, 192, 3), (192, 384, 3), (384, 768, 9), (768, None, 3)]
    return ConvNeXt(**{"block_setting": setting, "stochastic_depth_prob": 0.1} | kwargs)


def convnext_small(**kwargs) -> ConvNeXt:
    """ConvNeXt-S."""
    setting = [(96, 192, 3), (192, 384, 3), (384, 768, 27), (768, None, 3)]
    return ConvNeXt(**{"block_setting": setting, "stochastic_depth_prob": 0.4} | kwargs)


def convnext_base(**kwargs) -> ConvNeXt:
    """ConvNeXt-B."""
    setting = [(128, 256, 3), (256, 512, 3), (512, 1024, 27), (1024, None, 3)]
    return ConvNeXt(**{"block_setting": setting, "stochastic_depth_prob": 0.5} | kwargs)


def convnext_large(**kwargs) -> ConvNeXt:
    """ConvNeXt-L."""
    setting = [(192, 384, 3), (384, 768, 3), (768, 1536, 27), (1536, None, 3)]
    return ConvNeXt(**{"block_setting": setting, "stochastic_depth_prob": 0.5} | kwargs)
