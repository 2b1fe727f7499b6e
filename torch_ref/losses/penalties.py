r"""Penalties on weights: a term added to the loss, whose gradient shrinks them.

$$ \lambda \sum |w| \qquad \lambda \sum w^2 \qquad \tfrac\lambda2 \sum w^2 $$

with gradients λ·sign(w), 2λw and λw. The last is what `weight_decay=λ` adds to the gradient in SGD.

Shapes: any; the penalty is a scalar.

>>> w = torch.tensor([1.0, -2.0], requires_grad=True)
>>> for penalty in (l1_penalty, l2_penalty, weight_decay_penalty):
...     print(torch.autograd.grad(penalty(w, 0.1), w)[0])
tensor([ 0.1000, -0.1000])
tensor([ 0.2000, -0.4000])
tensor([ 0.1000, -0.2000])

Source: Krogh and Hertz 1991; the notes, "正则化".
"""

import torch


def l1_penalty(weight: torch.Tensor, factor: float = 0.01) -> torch.Tensor:
    """factor · Σ|w|; the gradient at 0 is 0."""
    return factor * weight.abs().sum()


def l2_penalty(weight: torch.Tensor, factor: float = 0.01) -> torch.Tensor:
    """factor · Σw²."""
    return factor * weight.square().sum()


def weight_decay_penalty(weight: torch.Tensor, factor: float = 0.01) -> torch.Tensor:
    """½ · factor · Σw²: the term whose gradient is `weight_decay=factor`."""
    return 0.5 * factor * weight.square().sum()
