r"""The gradient of a scalar: `out.backward()`, then `x.grad`.

$$ \text{out} = \frac{1}{n} \sum_i f\,(x_i + 2)^2, \qquad \frac{\partial\,\text{out}}{\partial x_i} = \frac{2f}{n}(x_i + 2) $$

Shapes: x any, its gradient the same; out ().

>>> import torch
>>> told = mean_of_squares(torch.ones(2, 2), factor=3)
>>> told["out"].item(), told["gradient"]
(27.0, tensor([[4.5000, 4.5000],
        [4.5000, 4.5000]]))
>>> square(torch.tensor(5.0))["gradient"]
tensor(20.)

Source: the notes, "autograd", "自动求导" (27 and 4.5) and "求梯度" (20).
"""

import torch
from torch import Tensor


def mean_of_squares(x: Tensor, factor: float, reduction: str = "mean") -> dict[str, Tensor]:
    """The notes' first graph. `reduction="sum"` is their `demo_2`."""
    x = x.detach().requires_grad_()  # the notes: torch.ones(2, 2, requires_grad=True)
    y = x + 2
    z = y * y * factor
    out = z.mean() if reduction == "mean" else z.sum()
    out.backward()
    return {"y": y, "z": z, "out": out, "gradient": x.grad}


def square(x: Tensor, seed: float = 1.0) -> dict[str, Tensor]:
    """y = 2x² at one number. `out.backward()` is `out.backward(torch.tensor(1.0))`; another seed scales the gradient."""
    x = x.detach().requires_grad_()
    y = x * x * 2
    y.backward(torch.full_like(y, seed))
    return {"y": y, "gradient": x.grad}
