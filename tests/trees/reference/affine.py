"""An affine map with a buffer, right."""

import torch

from .constants import SCALE


class Affine(torch.nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(features))
        self.register_buffer("offset", torch.zeros(features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return SCALE * torch.tanh(x * self.weight) + self.offset
