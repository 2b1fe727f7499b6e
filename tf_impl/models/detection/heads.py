"""What answers for a box, channels last: its class and place, and its mask."""

from collections.abc import Sequence

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.activations.relu import ReLU
from tf_impl.initializers.kaiming import KaimingNormal
from tf_impl.layers._twin import Twin
from tf_impl.layers.container import Sequential
from tf_impl.layers.conv import Conv2d
from tf_impl.layers.conv_transpose import ConvTranspose2d
from tf_impl.layers.flatten import Flatten
from tf_impl.layers.linear import Linear
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


@_register
class TwoMLPHead(Twin):
    """Two fully connected layers with ReLU.

    Args:
        in_channels: numbers of one box, P·P·C.
        representation_size: numbers after either layer.

    Shapes:
        input (K, P, P, C), output (K, representation_size).

    Differs from PyTorch:
        `Flatten` puts channels first, so that `fc6`'s weight is PyTorch's transposed and not permuted as well.

    Source: Ren et al. 2015, arXiv:1506.01497.
    """

    def __init__(self, in_channels: int, representation_size: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.flatten = Flatten()
        self.fc6 = Linear(in_channels, representation_size)
        self.fc7 = Linear(representation_size, representation_size)
        self.built = True

    def call(self, x: Float[Tensor, "k p q c"]) -> Float[Tensor, "k r"]:
        return ops.relu(self.fc7(ops.relu(self.fc6(self.flatten(x)))))


@_register
class FastRCNNPredictor(Twin):
    """A score for every class, background (0) included, and a box for every class.

    Args:
        in_channels: numbers of one box.
        num_classes: with background.

    Shapes:
        input (K, in_channels), output (K, num_classes) and (K, num_classes·4).

    Differs from PyTorch: not.

    Source: Girshick 2015, arXiv:1504.08083.
    """

    def __init__(self, in_channels: int, num_classes: int, **kwargs) -> None:
        super().__init__(**kwargs)
        self.cls_score = Linear(in_channels, num_classes)
        self.bbox_pred = Linear(in_channels, num_classes * 4)
        self.built = True

    def call(self, x: Float[Tensor, "k c"]) -> tuple[Float[Tensor, "k n"], Float[Tensor, "k n4"]]:
        return self.cls_score(x), self.bbox_pred(x)


@_register
class MaskRCNNHeads(Twin, Sequential):
    """3×3 convolutions with ReLU, one for each number of channels.

    Args:
        in_channels: channels of the features.
        layers: channels after each convolution.

    Shapes:
        input (K, M, M, in_channels), output (K, M, M, layers[-1]).

    Differs from PyTorch: channels are last.

    Source: He et al. 2017, arXiv:1703.06870.
    """

    def __init__(self, in_channels: int, layers: Sequence[int], **kwargs) -> None:
        pairs = zip((in_channels, *layers[:-1]), layers, strict=True)
        super().__init__(*(Sequential(Conv2d(before, after, 3, padding=1, **_start()), ReLU(inplace=True)) for before, after in pairs), **kwargs)
        self.built = True

    from_config = classmethod(lambda cls, config: cls(**config))


@_register
class MaskRCNNPredictor(Twin, Sequential):
    """Twice the size by a transposed convolution, then a mask for every class.

    Args:
        in_channels: channels of the features.
        dim_reduced: channels between the two.
        num_classes: with background, whose mask is never looked at.

    Shapes:
        input (K, M, M, in_channels), output (K, 2M, 2M, num_classes) logits.

    Differs from PyTorch: channels are last.

    Source: He et al. 2017, arXiv:1703.06870.
    """

    def __init__(self, in_channels: int, dim_reduced: int, num_classes: int, **kwargs) -> None:
        layers = {
            "conv5_mask": ConvTranspose2d(in_channels, dim_reduced, 2, 2, **_start()),
            "relu": ReLU(inplace=True),
            "mask_fcn_logits": Conv2d(dim_reduced, num_classes, 1, **_start()),
        }
        super().__init__(layers, **kwargs)
        self.built = True

    from_config = classmethod(lambda cls, config: cls(**config))


def _start() -> dict:
    return {"kernel_initializer": KaimingNormal(mode="fan_out", nonlinearity="relu"), "bias_initializer": "zeros"}
