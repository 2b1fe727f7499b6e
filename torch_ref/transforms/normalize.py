r"""Less the mean, over the standard deviation, channel by channel.

$$ y_c = \frac{x_c - \mathrm{mean}_c}{\mathrm{std}_c} $$

Shapes: (..., C, H, W), mean and std (C,) or one number each.

>>> import torch
>>> Normalize(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))(torch.tensor([0.0, 1.0]).expand(3, 1, 2))[0]
tensor([[-1.,  1.]])

Source: torchvision's documentation, `Normalize`; the notes, "Normalize：标准化" (to [−1, 1]).
"""

from collections.abc import Sequence

import torch
from torch import Tensor


class Normalize(torch.nn.Module):
    """torchvision's `Normalize`.

    Args:
        mean, std: one number for each channel.
        inplace: write into the tensor that is given.

    Raises:
        ValueError: a standard deviation of 0, or an image of fewer than three axes.
        TypeError: an image of integers.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        super().__init__()
        self.mean, self.std, self.inplace = mean, std, inplace

    def forward(self, image: Tensor) -> Tensor:
        if not image.is_floating_point():
            raise TypeError(f"Input tensor should be a float tensor. Got {image.dtype}.")
        if image.ndim < 3:
            raise ValueError(f"Expected a tensor image of size (..., C, H, W), got {tuple(image.shape)}")
        mean, std = (torch.as_tensor(numbers, dtype=image.dtype, device=image.device).reshape(-1, 1, 1) for numbers in (self.mean, self.std))
        if (std == 0).any():
            raise ValueError(f"std must not be zero, got {self.std}")
        return (image if self.inplace else image.clone()).sub_(mean).div_(std)
