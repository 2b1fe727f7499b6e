r"""Stochastic depth: in training a residual branch is left out, of a whole batch or of single examples.

$$ y = \frac{k}{1 - p}\, x, \qquad k \sim \mathrm{Bernoulli}(1 - p) $$

Shapes: any, unchanged; k is () for mode "batch" and (N,) for "row". `kept`, where given, are the k themselves: the same branches in two frameworks.
torchvision's layer, which has no `kept`; without it this is the same, and so is what it draws from the same seed.

>>> import torch
>>> layer, x = StochasticDepth(0.25, "row"), torch.ones(1000, 3)
>>> layer(x).unique().tolist(), 200 < (layer(x)[:, 0] == 0).sum() < 300, layer.eval()(x).equal(x)
([0.0, 1.3333333730697632], tensor(True), True)
>>> layer.train()(torch.ones(3, 2), torch.tensor([True, False, True])).tolist()
[[1.3333333730697632, 1.3333333730697632], [0.0, 0.0], [1.3333333730697632, 1.3333333730697632]]

Source: Huang et al. 2016, arXiv:1603.09382; per example: Larsson et al. 2017, arXiv:1605.07648 ("drop path").
"""

import torch
from torch import nn


class StochasticDepth(nn.Module):
    """Drops its input with probability p, as a whole ("batch") or example by example ("row")."""

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
        if mode not in ("batch", "row"):
            raise ValueError(f'mode must be "batch" or "row", got {mode!r}')
        self.p = p
        self.mode = mode

    def forward(self, input: torch.Tensor, kept: torch.Tensor | None = None) -> torch.Tensor:
        if not self.training or (self.p == 0 and kept is None):
            return input
        survival = 1.0 - self.p
        size = (input.shape[0] if self.mode == "row" else 1, *(1 for _ in input.shape[1:]))
        noise = torch.empty(size, dtype=input.dtype, device=input.device).bernoulli_(survival) if kept is None else kept.to(input.dtype).reshape(size)
        return input * (noise.div_(survival) if survival > 0 else noise)
