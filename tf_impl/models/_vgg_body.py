"""VGG-16's convolutions under the names of the Caffe models, channels last, for networks that change its pools: FCN and DeepLab v1."""

from collections.abc import Sequence

from keras import ops

from tf_impl.layers.conv import Conv2d
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


class VGGBody(Model):
    """conv1_1 … conv5_3. `layers`: convolutions of each of the five stages; `width`: channels of the first, then 2, 4, 8 and 8 times as many."""

    def __init__(self, in_channels: int, width: int, layers: Sequence[int], first_padding: int = 1, last_dilation: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        if len(layers) != 5:
            raise ValueError(f"layers must say how many convolutions each of the five stages has, got {tuple(layers)}")
        self.in_channels = in_channels
        self._counts = tuple(layers)
        self.widths = [times * width for times in (1, 2, 4, 8, 8)]
        before = in_channels
        for stage, (count, channels) in enumerate(zip(layers, self.widths, strict=True), start=1):
            dilation = last_dilation if stage == 5 else 1
            for i in range(1, count + 1):
                padding = first_padding if (stage, i) == (1, 1) else dilation
                setattr(self, f"conv{stage}_{i}", Conv2d(before, channels, 3, padding=padding, dilation=dilation))
                before = channels

    def stage(self, x: Tensor, number: int) -> Tensor:
        """The convolutions of stage 1 … 5, a ReLU after each."""
        for i in range(1, self._counts[number - 1] + 1):
            x = ops.relu(getattr(self, f"conv{number}_{i}")(x))
        return x
