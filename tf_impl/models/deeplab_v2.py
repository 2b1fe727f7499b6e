"""DeepLab v2, channels last: ResNet at a stride of 8, atrous spatial pyramid pooling, an image pyramid joined by its maximum."""

from collections.abc import Sequence
from functools import reduce

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers.container import ModuleList
from tf_impl.layers.conv import Conv2d
from tf_impl.models._model import Model
from tf_impl.models._segmentation import DilatedResNet, resized
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DeepLabV2(Model):
    r"""`backbone`, then a convolution for each rate, added up; once for each scale.

    $$ y = \max_s \Bigl(\sum_r W_r *_{\text{rate } r} F(x_s)\Bigr) $$

    Args:
        num_classes: scores of each pixel.
        layers: bottlenecks of each of ResNet's four stages.
        width: channels of ResNet's stem.
        in_channels: channels of the images.
        atrous_rates: dilations of the 3×3 convolutions that are added up.
        scales: sizes of the image pyramid; its scores are joined by their maximum.

    Shapes:
        input (N, H, W, C) from 1×1 on; {"out": (N, H, W, num_classes)} scores, in training with several scales also {"scales": their scores}.

    Raises:
        ValueError: images with other channels, or of integers.

    Differs from PyTorch:
        Channels are last. TensorFlow dilates by moving pixels into the batch (space to batch): a rate of 24 on 41×41 features makes 576 small images.

    Source: Chen, Papandreou, Kokkinos, Murphy and Yuille 2016, arXiv:1606.00915; the notes, "DeepLab V2".
    """

    def __init__(self, num_classes: int = 21, layers: Sequence[int] = (3, 4, 23, 3), width: int = 64, in_channels: int = 3,
                 atrous_rates: Sequence[int] = (6, 12, 18, 24), scales: Sequence[float] = (1.0,), **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.in_channels, self.scales = in_channels, tuple(scales)
        self.backbone = DilatedResNet(layers, width, in_channels, output_stride=8)
        self.classifier = ModuleList(Conv2d(32 * width, num_classes, 3, padding=rate, dilation=rate) for rate in atrous_rates)

    def scores(self, x: Tensor) -> Tensor:
        """At a stride of 8."""
        features = self.backbone(x)[-1]
        return sum(convolution(features) for convolution in self.classifier)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> dict[str, Tensor | tuple[Tensor, ...]]:
        self.check_images(x, self.in_channels)
        height, width = x.shape[1:3]
        scores = [self.scores(resized(x, (max(1, int(height * scale)), max(1, int(width * scale))))) for scale in self.scales]
        scores = [resized(score, scores[0].shape[1:3]) for score in scores]
        outputs = {"out": resized(reduce(ops.maximum, scores), (height, width))}
        if training and len(scores) > 1:
            outputs["scales"] = tuple(resized(score, (height, width)) for score in scores)
        return outputs
