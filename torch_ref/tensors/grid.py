r"""Grids of coordinates: every x with every y.

Shapes: x (n,), y (m,); with `indexing="ij"` (n, m), with "xy" (m, n).

>>> import torch
>>> grid(torch.tensor([1.0, 2.0]), torch.tensor([5.0, 6.0, 7.0]))["ij_first"]
tensor([[1., 1., 1.],
        [2., 2., 2.]])

Source: PyTorch's documentation, `torch.meshgrid`; the notes, "广播机制" and the exhaustive search of (ω, b).
"""

import warnings

import torch
from torch import Tensor


def grid(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Both orders, and the pairs."""
    ij, xy = torch.meshgrid(x, y, indexing="ij"), torch.meshgrid(x, y, indexing="xy")
    return {"ij_first": ij[0], "ij_second": ij[1], "xy_first": xy[0], "xy_second": xy[1], "pairs": torch.cartesian_prod(x, y)}


def default_indexing(x: Tensor, y: Tensor) -> dict[str, list[int]]:
    """The shape that comes of `meshgrid` with no word about the order, and with one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch announces a change of this default
        first, _ = torch.meshgrid(x, y)
    return {"shape": list(first.shape), "shape_when_said": list(torch.meshgrid(x, y, indexing="ij")[0].shape)}
