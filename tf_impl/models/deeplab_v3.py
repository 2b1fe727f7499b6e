"""DeepLab v3, channels last: dilated ResNet with a multi-grid, and a pyramid of rates beside the mean of the whole image."""

from collections.abc import Sequence

import keras
from jaxtyping import Float

from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.models._model import Model
from tf_impl.models._segmentation import ASPP, DilatedResNet, conv_norm_relu, fcn_head, resized
from tf_impl.models.resnet import ResNetBackbone
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DeepLabV3(Model):
    """`backbone`, ASPP with image-level features, a 3×3 convolution, scores.

    Args:
        num_classes: scores of each pixel.
        layers: bottlenecks of each of ResNet's four stages.
        width: channels of ResNet's stem.
        in_channels: channels of the images.
        output_stride: 8 or 16.
        multi_grid: a factor on the dilation of each block of the last stage; None: torchvision's dilations.
        atrous_rates: dilations of the pyramid; None: 6, 12 and 18, doubled at a stride of 8.
        hidden: channels of the pyramid's parts and of what follows.
        aux_loss: also score stage 3, for training.
        dropout: probability of dropping a value before the auxiliary scores.
        aspp_dropout: probability of dropping a value of the pyramid.

    Shapes:
        input (N, H, W, C) from 1×1 on; {"out": (N, H, W, num_classes)} scores, with `aux_loss` also {"aux": …}.

    Raises:
        ValueError: another stride, a multi-grid of another length than the last stage, images with other channels, or of integers; in training a single
            image, whose mean leaves batch norm one value per channel.

    Differs from PyTorch:
        Channels are last. Keras' `UpSampling2D` takes whole factors only, an image of 33 pixels has 5 at a stride of 8; it has no adaptive pooling.

    Source: Chen, Papandreou, Schroff and Adam 2017, arXiv:1706.05587; torchvision; the notes, "DeepLab V3".
    """

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 6, 3), width: int = 64, in_channels: int = 3, output_stride: int = 8,
                 multi_grid: Sequence[int] | None = None, atrous_rates: Sequence[int] | None = None, hidden: int = 256, aux_loss: bool = False,
                 dropout: float = 0.1, aspp_dropout: float = 0.5, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if output_stride not in (8, 16):
            raise ValueError(f"output_stride must be 8 or 16, got {output_stride}")
        self.in_channels = in_channels
        if multi_grid is None:
            replace = (False, output_stride == 8, True)
            self.backbone = ResNetBackbone("bottleneck", layers, width, in_channels, replace_stride_with_dilation=replace)
        else:
            self.backbone = DilatedResNet(layers, width, in_channels, output_stride, multi_grid)
        rates = atrous_rates or ((12, 24, 36) if output_stride == 8 else (6, 12, 18))
        pyramid = ASPP(32 * width, rates, hidden, aspp_dropout)
        self.classifier = Sequential(pyramid, *conv_norm_relu(hidden, hidden, 3), Conv2d(hidden, num_classes, 1))
        self.aux_classifier = fcn_head(16 * width, num_classes, dropout) if aux_loss else None

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> dict[str, Tensor]:
        self.check_images(x, self.in_channels)
        _, _, c4, c5 = self.backbone(x)
        outputs = {"out": resized(self.classifier(c5), x.shape[1:3])}
        if self.aux_classifier is not None:
            outputs["aux"] = resized(self.aux_classifier(c4), x.shape[1:3])
        return outputs
