"""Less the mean, over the standard deviation, channel by channel."""

from collections.abc import Sequence

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.transforms._transform import Transform, is_float
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Normalize(Transform):
    r"""torchvision's `Normalize`.

    $$ y_c = \frac{x_c - \mathrm{mean}_c}{\mathrm{std}_c} $$

    Args:
        mean, std: one number for each channel.
        inplace: accepted; a tensor cannot be written into.

    Shapes:
        (..., H, W, C), mean and std (C,) or one number each.

    Raises:
        ValueError: a standard deviation of 0, or an image of fewer than three axes.
        TypeError: an image of integers.

    Differs from PyTorch:
        `keras.layers.Normalization(mean, variance)` takes the variance, and divides by max(√variance, 1e-7).

    Source: torchvision's documentation, `Normalize`; the notes, "Normalize：标准化" (to [−1, 1]).
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False, **kwargs) -> None:
        if not all(std if isinstance(std, Sequence) else (std,)):
            raise ValueError(f"std must not be zero, got {std}")
        super().__init__(**kwargs)
        self.mean, self.std, self.inplace = mean, std, inplace

    def call(self, inputs: Float[Tensor, "*n h w c"]) -> Float[Tensor, "*n h w c"]:
        if not is_float(inputs):
            raise TypeError(f"Input tensor should be a float tensor. Got {inputs.dtype}.")
        if len(inputs.shape) < 3:
            raise ValueError(f"Expected a tensor image of size (..., H, W, C), got {tuple(inputs.shape)}")
        mean, std = (ops.convert_to_tensor(numbers, dtype=inputs.dtype) for numbers in (self.mean, self.std))
        return (inputs - mean) / std
