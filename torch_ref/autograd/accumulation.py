r"""Gradients add up in `x.grad` until somebody zeroes them.

$$ \text{out} = (x + 1)^2, \qquad \mathbf 1^\top J = 2(x + 1) $$

Shapes: `accumulation`: x and its gradients the same, any. `micro_batches`: x (n, d), y (n,), w (d,), n divisible by `parts`.

>>> import torch
>>> told = accumulation(torch.eye(5))
>>> [told[name][0, :2].tolist() for name in ("first", "second", "after_zeroing")]
[[4.0, 2.0], [8.0, 4.0], [4.0, 2.0]]

Source: the notes, "1.5 Autograd", optional reading.
"""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss as _mse_loss


def accumulation(x: Tensor) -> dict[str, Tensor | bool]:
    """The notes' three calls on eye(5): 4/2, then 8/4, after zeroing 4/2."""
    inp = x.detach().requires_grad_()
    out = (inp + 1).pow(2)
    out.backward(torch.ones_like(inp), retain_graph=True)
    first = inp.grad.clone()  # a copy: the next call writes into inp.grad
    out.backward(torch.ones_like(inp), retain_graph=True)
    second = inp.grad.clone()
    inp.grad.zero_()
    out.backward(torch.ones_like(inp), retain_graph=True)
    return {"first": first, "second": second, "after_zeroing": inp.grad, "adds_up_by_itself": bool(torch.all(second == 2 * first))}


def micro_batches(w: Tensor, x: Tensor, y: Tensor, parts: int) -> dict[str, Tensor]:
    """What accumulation is for: the gradient of a batch that does not fit, part by part. Each part's mean is divided by the number of parts."""
    w = w.detach().requires_grad_()
    _mse_loss(torch.matmul(x, w), y).backward()
    whole = w.grad
    w.grad = None
    for x_part, y_part in zip(x.chunk(parts), y.chunk(parts), strict=True):
        loss = _mse_loss(torch.matmul(x_part, w), y_part) / parts
        loss.backward()
    return {"whole_batch": whole, "accumulated": w.grad}
