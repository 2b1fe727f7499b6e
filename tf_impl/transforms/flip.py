"""Mirrored, or upside down, or not."""

import keras
from jaxtyping import Num
from keras import ops

from tf_impl.transforms._transform import Image, Random, through
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class RandomHorizontalFlip(Random):
    """Left and right exchanged with probability p; with `training=False` never.

    Args:
        p: the probability.

    Shapes:
        (..., H, W, C), or a PIL image, unchanged.

    Differs from PyTorch:
        `keras.layers.RandomFlip` draws for each image of a batch, and flips both ways unless told "horizontal". Here as in torchvision: one draw a call.

    Source: torchvision's documentation, `RandomHorizontalFlip`.
    """

    def __init__(self, p: float = 0.5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.p = p

    def call(self, inputs: Num[Tensor, "*n h w c"], training: bool | None = None) -> Num[Tensor, "*n h w c"]:
        return inputs if training is False else ops.where(self.uniform() < self.p, hflip(inputs), inputs)


@keras.saving.register_keras_serializable(package="tf_impl")
class RandomVerticalFlip(Random):
    """Top and bottom exchanged with probability p; with `training=False` never.

    Args:
        p: the probability.

    Shapes:
        (..., H, W, C), or a PIL image, unchanged.

    Differs from PyTorch: as `RandomHorizontalFlip`.

    Source: torchvision's documentation, `RandomVerticalFlip`.
    """

    def __init__(self, p: float = 0.5, **kwargs) -> None:
        super().__init__(**kwargs)
        self.p = p

    def call(self, inputs: Num[Tensor, "*n h w c"], training: bool | None = None) -> Num[Tensor, "*n h w c"]:
        return inputs if training is False else ops.where(self.uniform() < self.p, vflip(inputs), inputs)


def hflip(image: Image) -> Image:
    """Left and right exchanged."""
    return through(image, lambda tensor: ops.flip(tensor, -2))


def vflip(image: Image) -> Image:
    """Top and bottom exchanged."""
    return through(image, lambda tensor: ops.flip(tensor, -3))
