r"""Second derivatives: the Hessian, its product with a vector, and a loss that contains a gradient.

$$ f(x) = \sum_i 100\,(x_{i+1} - x_i^2)^2 + (1 - x_i)^2, \qquad H_{ij} = \frac{\partial^2 f}{\partial x_i\,\partial x_j} $$

Shapes: `hessian`: x and vector (d,), H (d, d). `gradient_penalty`: x (n, d), w (d, m).

>>> import torch
>>> told = hessian(torch.ones(2), torch.tensor([1.0, 0.0]))
>>> told["gradient"], told["hessian"]
(tensor([0., 0.]), tensor([[ 802., -400.],
        [-400.,  200.]]))

Source: Rosenbrock 1960, doi:10.1093/comjnl/3.3.175; the penalty: Gulrajani et al. 2017, arXiv:1704.00028.
"""

import torch
from torch import Tensor


def hessian(x: Tensor, vector: Tensor) -> dict[str, Tensor]:
    """`torch.func.hessian`; Hv by one forward pass over one backward pass."""

    def f(x: Tensor) -> Tensor:
        return torch.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    gradient, product = torch.func.jvp(torch.func.grad(f), (x,), (vector,))
    return {"value": f(x), "gradient": gradient, "hessian": torch.func.hessian(f)(x), "hessian_vector": product}


def gradient_penalty(x: Tensor, w: Tensor) -> dict[str, Tensor | bool]:
    """(‖∂score/∂x‖ − 1)² and its gradient for w. Without `create_graph=True` the inner gradient is a constant and the penalty trains nothing."""
    x, w = x.detach().requires_grad_(), w.detach().requires_grad_()
    score = torch.tanh(torch.matmul(x, w)).sum()
    (constant,) = torch.autograd.grad(score, x, retain_graph=True)
    (slope,) = torch.autograd.grad(score, x, create_graph=True)
    penalty = ((torch.linalg.vector_norm(slope, dim=-1) - 1) ** 2).mean()
    penalty.backward()
    return {
        "slope": slope,
        "penalty": penalty,
        "w_gradient": w.grad,
        "differentiable_with_create_graph": slope.requires_grad,
        "differentiable_without": constant.requires_grad,
    }
