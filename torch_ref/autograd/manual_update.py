r"""Gradient descent by hand, $w \leftarrow w - \eta\, g$, against the optimizer.

Shapes: x (n, d), y (n,), w (d,); the loss is the mean of the squared errors of x w.

>>> import torch
>>> x, y = torch.tensor([[1.0], [2.0], [3.0], [4.0]]), torch.tensor([2.0, 4.0, 6.0, 8.0])
>>> told = manual_update(torch.zeros(1), x, y, lr=0.01, steps=100)
>>> told["by_hand"].data, told["tracked_update_error"]
(tensor([2.0000]), 'RuntimeError: a leaf Variable that requires grad is being used in an in-place operation.')

Source: the notes, "training pipeline" (w = 0, y = 2x) and "weight = weight - learning_rate * gradient".
"""

import torch
from torch import Tensor
from torch.nn.functional import mse_loss as _mse_loss

from torch_ref.tensors._refusal import attempt


def manual_update(w: Tensor, x: Tensor, y: Tensor, lr: float, steps: int) -> dict[str, Tensor | bool | str | None]:
    """Both from the same start; also what happens when the update is tracked, or binds the name to a new tensor."""
    by_hand, by_optimizer = torch.nn.Parameter(w.clone()), torch.nn.Parameter(w.clone())
    optimizer = torch.optim.SGD([by_optimizer], lr=lr)
    losses = []
    for _ in range(steps):
        loss = _mse_loss(torch.matmul(x, by_hand), y)
        loss.backward()
        losses.append(loss.detach())
        with torch.no_grad():
            by_hand -= lr * by_hand.grad  # in place: by_hand stays the leaf that collects gradients
            by_hand.grad.zero_()

        optimizer.zero_grad()
        _mse_loss(torch.matmul(x, by_optimizer), y).backward()
        optimizer.step()
    return {
        "losses": torch.stack(losses),
        "by_hand": by_hand,
        "by_optimizer": by_optimizer,
        "new_tensor_is_parameter": isinstance(by_hand - lr * by_hand.grad, torch.nn.Parameter),
        **attempt("tracked_update", lambda: by_hand.sub_(lr * by_hand.grad)),
    }
