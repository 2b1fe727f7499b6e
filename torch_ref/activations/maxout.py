r"""The greatest of several linear pieces: a learned convex activation. PyTorch has none; this is the paper's.

$$ y_i = \max_{j < k} x_{i k + j} $$

Shapes: input (…, k·n, …), output (…, n, …); adjacent features along `dim` form a unit. After a Linear layer with k·n outputs it is the paper's maxout unit.
A tie shares its gradient evenly.

>>> Maxout(2)(torch.tensor([1.0, 3.0, -2.0, -5.0]))
tensor([ 3., -2.])

Source: Goodfellow et al. 2013, arXiv:1302.4389; named in the notes.
"""

import torch
from torch import nn


class Maxout(nn.Module):
    """The maximum over groups of `num_pieces` adjacent features along `dim`."""

    def __init__(self, num_pieces: int, dim: int = -1) -> None:
        super().__init__()
        if num_pieces < 1:
            raise ValueError(f"Maxout: num_pieces must be at least 1, got {num_pieces}.")
        self.num_pieces = num_pieces
        self.dim = dim

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if input.shape[self.dim] % self.num_pieces:
            raise ValueError(f"Maxout: axis {self.dim} must be a multiple of num_pieces={self.num_pieces}, got shape {tuple(input.shape)}.")
        dim = self.dim % input.dim()
        return input.unflatten(dim, (-1, self.num_pieces)).amax(dim + 1)
