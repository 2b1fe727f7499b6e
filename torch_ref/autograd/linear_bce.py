r"""A linear map and the cross-entropy of its logits: the gradients of w and b.

$$ z = x^\top W + b, \qquad L = \frac1m \sum_j \left[\log(1 + e^{z_j}) - y_j z_j\right], \qquad
\frac{\partial L}{\partial b} = \frac{\sigma(z) - y}{m}, \qquad \frac{\partial L}{\partial W} = x \left(\frac{\partial L}{\partial b}\right)^{\!\top} $$

Shapes: x (n,), y (m,), w (n, m), b (m,); loss ().
With x = 1 all rows of w's gradient are b's gradient, which is what the notes print.

>>> import torch
>>> told = linear_bce(torch.ones(5), torch.zeros(3), torch.zeros(5, 3), torch.tensor([2.9277, 5.3771, 0.2160]))
>>> told["w_gradient"]
tensor([[0.3164, 0.3318, 0.1846],
        [0.3164, 0.3318, 0.1846],
        [0.3164, 0.3318, 0.1846],
        [0.3164, 0.3318, 0.1846],
        [0.3164, 0.3318, 0.1846]])
>>> told["w_gradient_rows_are_b_gradient"]
True

Source: the notes, "1.5 Autograd".
"""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as _binary_cross_entropy_with_logits


def linear_bce(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> dict[str, Tensor | bool]:
    """One forward and one backward pass."""
    w, b = w.detach().requires_grad_(), b.detach().requires_grad_()
    z = torch.matmul(x, w) + b
    loss = _binary_cross_entropy_with_logits(z, y)
    loss.backward()
    return {
        "z": z,
        "loss": loss,
        "w_gradient": w.grad,
        "b_gradient": b.grad,
        "outer_product": torch.outer(x, b.grad),
        "w_gradient_rows_are_b_gradient": bool(torch.all(w.grad == b.grad)),
    }
