r"""Overlap of two masks: the notes' own loss, an example of writing one.

$$ \ell_n = 1 - \frac{2 \sum_i x_{ni} t_{ni} + s}{\sum_i x_{ni}^2 + \sum_i t_{ni}^2 + s} $$

Shapes: input (probabilities) and target (N, …); the mean over n is a scalar.

>>> mask = torch.tensor([[1.0, 1.0, 0.0, 0.0]])
>>> DiceLoss()(mask, mask), DiceLoss()(1 - mask, mask)
(tensor(0.), tensor(0.8000))

Source: Milletari et al. 2016, arXiv:1606.04797; the notes, "自定义损失函数".
"""

import torch
from torch import nn


class DiceLoss(nn.Module):
    """One minus twice the overlap over the sum of squares, `smooth` added to both."""

    def __init__(self, smooth: float = 1.0) -> None:
        super().__init__()
        self.smooth = smooth

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        axes = tuple(range(1, input.dim()))
        intersect = (input * target).sum(dim=axes)
        union = torch.pow(input, 2).sum(dim=axes) + torch.pow(target, 2).sum(dim=axes)
        loss = 1 - (2 * intersect + self.smooth) / (union + self.smooth)
        return loss.mean()
