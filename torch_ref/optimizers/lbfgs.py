r"""L-BFGS, a quasi-Newton method: PyTorch's own, the reference.

$$ \theta_{k+1} = \theta_k - t_k H_k \nabla f(\theta_k),\qquad
   H_{k+1} = (I - \rho s y^\top) H_k (I - \rho y s^\top) + \rho s s^\top,\quad s = \theta_{k+1} - \theta_k,\; y = \nabla f_{k+1} - \nabla f_k,\;
   \rho = \tfrac{1}{y^\top s} $$

t is `lr` or found by a line search. One `step` makes up to `max_iter` iterations and evaluates the loss through a closure.

>>> import torch
>>> result = minimize_rosenbrock(torch.tensor([-1.2, 1.0], dtype=torch.float64), line_search_fn="strong_wolfe")
>>> result["path"][-1]
tensor([1.0000, 1.0000], dtype=torch.float64)

Source: Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization"; Nocedal and Wright, "Numerical Optimization", 3.5.
"""

from typing import Any

import torch
from torch import Tensor
from torch.optim import LBFGS as LBFGS


def minimize_rosenbrock(start: Tensor, steps: int = 3, **config: Any) -> dict[str, Any]:
    """Walks down the curved valley Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² from `start`; its floor is at 1, …, 1."""
    point = torch.nn.Parameter(start.clone())
    optimizer = LBFGS([point], **config)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = (100 * (point[1:] - point[:-1] ** 2) ** 2 + (1 - point[:-1]) ** 2).sum()
        loss.backward()
        return loss

    losses, path = [], []
    for _ in range(steps):
        losses.append(optimizer.step(closure).detach())
        path.append(point.detach().clone())
    return {"losses": torch.stack(losses), "path": torch.stack(path), "evaluations": optimizer.state[point]["func_evals"]}
