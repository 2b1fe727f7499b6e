"""AlexNet, channels last: five convolutions and three dense layers."""

import keras
from jaxtyping import Float

from tf_impl.activations.relu import ReLU
from tf_impl.layers.adaptive_pooling import AdaptiveAvgPool2d
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.dropout import Dropout
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class AlexNet(Model):
    """Convolutions 11×11, 5×5, 3×3, 3×3, 3×3 with three maxima, means over 6×6, two hidden dense layers under dropout.

    Args:
        num_classes: scores at the end.
        dropout: probability of dropping an input of a hidden dense layer.
        width: channels of the first convolution; the others have 3, 6, 4 and 4 times as many, the dense layers 64 times.
        in_channels: channels of the images.

    Shapes:
        input (N, H, W, C) from 63×63 on, output (N, num_classes) scores.

    Raises:
        ValueError: smaller images, images with other channels, or of integers.

    Differs from PyTorch:
        Channels are last; `Flatten` puts them first, so that `classifier.1`'s weight is PyTorch's transposed and not permuted as well.
        Keras convolves without padding or with "same", which for the first convolution (11, stride 4) pads 3 and 4 pixels at 224 where PyTorch pads 2 and 2.

    Source: Krizhevsky, Sutskever and Hinton 2012; Krizhevsky 2014, arXiv:1404.5997.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5, width: int = 64, in_channels: int = 3, **kwargs) -> None:
        super().__init__(**kwargs)
        hidden = 64 * width
        self.in_channels = in_channels
        self.features = Sequential(
            Conv2d(in_channels, width, 11, 4, 2),
            ReLU(inplace=True),
            MaxPool2d(3, 2),
            Conv2d(width, 3 * width, 5, 1, 2),
            ReLU(inplace=True),
            MaxPool2d(3, 2),
            Conv2d(3 * width, 6 * width, 3, 1, 1),
            ReLU(inplace=True),
            Conv2d(6 * width, 4 * width, 3, 1, 1),
            ReLU(inplace=True),
            Conv2d(4 * width, 4 * width, 3, 1, 1),
            ReLU(inplace=True),
            MaxPool2d(3, 2),
        )
        self.avgpool = AdaptiveAvgPool2d((6, 6))
        self.flatten = Flatten()
        self.classifier = Sequential(
            Dropout(dropout),
            Linear(4 * width * 6 * 6, hidden),
            ReLU(inplace=True),
            Dropout(dropout),
            Linear(hidden, hidden),
            ReLU(inplace=True),
            Linear(hidden, num_classes),
        )

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n classes"]:
        self.check_images(x, self.in_channels, 63)
        x = self.avgpool(self.features(x))
        return self.classifier(self.flatten(x))
