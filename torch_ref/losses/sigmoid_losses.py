r"""Why cross-entropy and not squared error goes with a sigmoid: the size of the gradient where the unit is wrong.

$$ \frac{d}{dx} (\sigma(x) - t)^2 = 2(\sigma(x) - t)\,\sigma(x)(1 - \sigma(x)) \qquad \frac{d}{dx} \mathrm{BCE} = \sigma(x) - t $$

Shapes: logits and target alike; one loss an element.

>>> x = torch.tensor([-10.0, -4.0, 0.0, 4.0], requires_grad=True)  # the target is 1: the first is the most wrong
>>> for loss in (sigmoid_squared_error, sigmoid_cross_entropy):
...     print(torch.autograd.grad(loss(x, torch.ones(4)).sum(), x)[0])
tensor([-9.0787e-05, -3.4690e-02, -2.5000e-01, -6.3537e-04])
tensor([-1.0000, -0.9820, -0.5000, -0.0180])

Source: the notes: 误差大的时候，权重更新快；误差小的时候，权重更新慢.
"""

import torch
from torch.nn import functional


def sigmoid_squared_error(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """(σ(x) − t)², whose gradient vanishes at both ends."""
    return (torch.sigmoid(logits) - target).square()


def sigmoid_cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy, whose gradient is the error itself."""
    return functional.binary_cross_entropy_with_logits(logits, target, reduction="none")


def sigmoid_loss_slopes(logits: torch.Tensor) -> dict[str, torch.Tensor]:
    """What either loss pulls at the logit with, for a target of 1."""
    logits = logits.detach().requires_grad_()
    losses = {"squared_error": sigmoid_squared_error, "cross_entropy": sigmoid_cross_entropy}
    return {name: torch.autograd.grad(loss(logits, torch.ones_like(logits)).sum(), logits)[0] for name, loss in losses.items()}
