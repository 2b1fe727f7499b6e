"""VGG-16's convolutions under the names of the Caffe models, for networks that change its pools: FCN and DeepLab v1."""

from collections.abc import Sequence

import torch
from torch import nn


class VGGBody(nn.Module):
    """conv1_1 … conv5_3. `layers`: convolutions of each of the five stages; `width`: channels of the first, then 2, 4, 8 and 8 times as many."""

    def __init__(self, in_channels: int, width: int, layers: Sequence[int], first_padding: int = 1, last_dilation: int = 1) -> None:
        super().__init__()
        if len(layers) != 5:
            raise ValueError(f"layers must say how many convolutions each of the five stages has, got {tuple(layers)}")
        self.layers = tuple(layers)
        self.widths = [times * width for times in (1, 2, 4, 8, 8)]
        before = in_channels
        for stage, (count, channels) in enumerate(zip(layers, self.widths, strict=True), start=1):
            dilation = last_dilation if stage == 5 else 1
            for i in range(1, count + 1):
                padding = first_padding if (stage, i) == (1, 1) else dilation
                self.add_module(f"conv{stage}_{i}", nn.Conv2d(before, channels, 3, padding=padding, dilation=dilation))
                before = channels

    def stage(self, x: torch.Tensor, number: int) -> torch.Tensor:
        """The convolutions of stage 1 … 5, a ReLU after each."""
        for i in range(1, self.layers[number - 1] + 1):
            x = torch.relu(getattr(self, f"conv{number}_{i}")(x))
        return x
