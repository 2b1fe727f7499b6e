"""U-Net, channels last: a path down whose features are cut to size and laid beside those on the way up."""

from itertools import count, pairwise

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations.relu import ReLU
from tf_impl.layers.batch_norm import BatchNorm2d
from tf_impl.layers.container import ModuleList, Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.conv_transpose import ConvTranspose2d
from tf_impl.layers.pooling import MaxPool2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DoubleConv(Model):
    """Convolution 3×3, batch norm, ReLU, twice.

    Args:
        in_channels: channels of the input of the first convolution.
        out_channels: channels of both outputs, and of the second one's input.
        padding: zeros around each input.

    Shapes:
        input (N, H, W, in_channels), output (N, H', W', out_channels) with H' = H − 4 + 4·padding.

    Raises:
        ValueError: as `UNet`.

    Differs from PyTorch:
        Channels are last. A Keras convolution takes the channels it is first shown: the notes' mistake, `in_channels` given twice, cannot be written there,
        but here it raises as in PyTorch.

    Source: the notes, "已解决问题 1".
    """

    def __init__(self, in_channels: int, out_channels: int, padding: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.double_conv = Sequential(
            Conv2d(in_channels, out_channels, kernel_size=3, padding=padding),
            BatchNorm2d(out_channels),
            ReLU(inplace=True),
            Conv2d(out_channels, out_channels, kernel_size=3, padding=padding),
            BatchNorm2d(out_channels),
            ReLU(inplace=True),
        )

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h2 w2 o"]:
        return self.double_conv(x)


@keras.saving.register_keras_serializable(package="tf_impl")
class UNet(Model):
    """`depth` times down by maxima and up by transposed convolutions; channels double on the way down from `width`.

    Args:
        in_channels: channels of the images.
        num_classes: scores of each pixel.
        width: channels of the first stage.
        depth: how often the size is halved.
        padding: 0 as in the paper, 1 to keep the size.

    Shapes:
        input (N, H, W, C), output (N, H', W', num_classes) scores; 572×572 becomes 388×388.

    Raises:
        ValueError: images of fewer than 188×188 pixels (16×16 with padding; for depth 4), with other channels, or of integers.

    Differs from PyTorch:
        Channels are last: the two halves are joined on the last axis.

    Source: Ronneberger, Fischer and Brox 2015, arXiv:1505.04597; the notes, "U-Net".
    """

    def __init__(self, in_channels: int = 3, num_classes: int = 2, width: int = 64, depth: int = 4, padding: int = 0, **kwargs) -> None:
        super().__init__(**kwargs)
        if padding not in (0, 1):
            raise ValueError(f"padding must be 0 (the paper) or 1 (keeps the size), got {padding}")
        channels = [width * 2**i for i in range(depth + 1)]
        self.in_channels, self.smallest = in_channels, _smallest(depth, padding)
        self.down = ModuleList(DoubleConv(before, after, padding) for before, after in pairwise([in_channels, *channels]))
        self.pool = MaxPool2d(2)
        self.up = ModuleList(ConvTranspose2d(2 * c, c, 2, stride=2) for c in reversed(channels[:-1]))
        self.conv = ModuleList(DoubleConv(2 * c, c, padding) for c in reversed(channels[:-1]))
        self.head = Conv2d(width, num_classes, 1)

    def call(self, x: Float[Tensor, "n h w c"], training: bool | None = None) -> Float[Tensor, "n h2 w2 classes"]:
        self.check_images(x, self.in_channels, self.smallest)
        passed: list[Tensor] = []
        for down in self.down:
            x = down(self.pool(x) if passed else x)
            passed.append(x)
        for up, conv, beside in zip(self.up, self.conv, reversed(passed[:-1]), strict=True):
            x = up(x)
            x = conv(ops.concatenate([_centre(beside, x), x], axis=-1))
        return self.head(x)


def _centre(x: Tensor, like: Tensor) -> Tensor:
    """The middle of x, as large as the other."""
    height, width = like.shape[1:3]
    top, left = (x.shape[1] - height) // 2, (x.shape[2] - width) // 2
    return x[:, top : top + height, left : left + width]


def _smallest(depth: int, padding: int) -> int:
    """The least side that survives: each pair of convolutions takes `lost` off."""
    lost = 4 - 4 * padding

    def survives(side: int) -> bool:
        for _ in range(depth):
            side = (side - lost) // 2
        side -= lost
        for _ in range(depth):
            if side < 1:
                return False
            side = 2 * side - lost
        return side > 0

    return next(side for side in count(1) if survives(side))
