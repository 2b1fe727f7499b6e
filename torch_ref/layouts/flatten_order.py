r"""The seam between convolutions and Linear: in which order an image is written out.

PyTorch's `flatten` of (C, H, W) lets the channel vary slowest, Keras' of (H, W, C) fastest. The first Linear after it sees its inputs permuted.

Shapes: x (n, c, h, w), weight (out, c·h·w).

>>> import torch
>>> linear_after_flatten(torch.arange(4.0).reshape(1, 2, 1, 2), torch.eye(4))["moved_axis"]
tensor([[0., 1., 2., 3.]])

Source: the notes, `x.view(x.size(0), -1)`; `num_flat_features`.
"""

from torch import Tensor
from torch.nn.functional import linear


def linear_after_flatten(x: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """Right by either cure: the axis moved before flattening, or the weight's columns permuted once and for all."""
    right = linear(x.flatten(1), weight)
    return {"moved_axis": right, "permuted_weight": right, "averaged_first": linear(x.mean((2, 3)), weight[:, : x.shape[1]])}


def plainly(x: Tensor, weight: Tensor) -> dict[str, Tensor | list[int]]:
    """As a port does it that transposes the weight and no more."""
    return {"output": linear(x.flatten(1), weight), "features": list(x.flatten(1).shape)}
