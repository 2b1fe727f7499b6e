r"""Binary cross-entropy that looks away from what is already right: torchvision's `sigmoid_focal_loss` as a class.

$$ \ell = \alpha_t (1 - p_t)^\gamma (-\log p_t) $$

Shapes: input (logits) and target alike, any number of axes. p_t is the probability given to the target, α_t = α for a target of 1 and 1 − α for 0.

>>> SigmoidFocalLoss()(torch.tensor([3.0, -3.0]), torch.tensor([1.0, 1.0]))  # right: almost nothing; wrong: almost α·BCE
tensor([2.7321e-05, 6.9157e-01])

Source: Lin et al. 2017, arXiv:1708.02002.
"""

import torch
from torch import nn
from torch.nn import functional


class SigmoidFocalLoss(nn.Module):
    """`alpha` < 0 leaves out the balancing; `reduction` is torchvision's default, "none"."""

    def __init__(self, alpha: float = 0.25, gamma: float = 2.0, reduction: str = "none") -> None:
        super().__init__()
        if reduction not in ("none", "mean", "sum"):
            raise ValueError(f'SigmoidFocalLoss: reduction must be "none", "mean" or "sum", got {reduction!r}.')
        self.alpha = alpha
        self.gamma = gamma
        self.reduction = reduction

    def forward(self, input: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        p = torch.sigmoid(input)
        cross_entropy = functional.binary_cross_entropy_with_logits(input, target, reduction="none")
        p_t = p * target + (1 - p) * (1 - target)
        loss = cross_entropy * (1 - p_t) ** self.gamma
        if self.alpha >= 0:
            loss = (self.alpha * target + (1 - self.alpha) * (1 - target)) * loss
        return {"none": lambda x: x, "mean": torch.mean, "sum": torch.sum}[self.reduction](loss)
