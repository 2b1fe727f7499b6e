"""LeNet-5, the digit reader, channels last: tanh and averages where the 60-minute net has ReLU and maxima."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers.conv import Conv2d
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.layers.pooling import AvgPool2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class LeNet(Model):
    """conv 5×5 – tanh – mean – conv 5×5 – tanh – mean – 120 – 84 – classes.

    Args:
        in_channels: channels of the images.
        num_classes: scores at the end.

    Shapes:
        input (N, 32, 32, C), output (N, num_classes) scores.

    Raises:
        ValueError: images of another size than 32×32, or with other channels.

    Differs from PyTorch:
        Channels are last; `Flatten` puts them first, so that `fc1`'s weight is PyTorch's transposed and not permuted as well.

    Source: the notes, "LeNet"; LeCun et al. 1998.
    """

    def __init__(self, in_channels: int = 1, num_classes: int = 10, **kwargs) -> None:
        super().__init__(**kwargs)
        self.conv1 = Conv2d(in_channels, 6, 5)
        self.conv2 = Conv2d(6, 16, 5)
        self.pool = AvgPool2d(2)
        self.flatten = Flatten()
        self.fc1 = Linear(16 * 5 * 5, 120)
        self.fc2 = Linear(120, 84)
        self.fc3 = Linear(84, num_classes)

    def call(self, x: Float[Tensor, "n h w c"]) -> Float[Tensor, "n classes"]:
        x = self.pool(ops.tanh(self.conv1(x)))
        x = self.pool(ops.tanh(self.conv2(x)))
        x = self.flatten(x)
        x = ops.tanh(self.fc1(x))
        x = ops.tanh(self.fc2(x))
        return self.fc3(x)
