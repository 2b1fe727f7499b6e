r"""`backward()` on a tensor that is no scalar: refused. Reduce it first, or pass the vector v of $v^\top J$.

Shapes: x, z and vector the same, any.

>>> import torch
>>> told = non_scalar_backward(torch.ones(2, 2), torch.ones(2, 2))
>>> told["without_vector_error"]
'RuntimeError: grad can be implicitly created only for scalar outputs'

Source: the notes, "求梯度", `demo_3`.
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def non_scalar_backward(x: Tensor, vector: Tensor) -> dict[str, Tensor | bool | str | None]:
    """z = 3(x + 2)², and the three ways to a gradient that are left."""
    x = x.detach().requires_grad_()
    z = 3 * (x + 2) ** 2
    told = attempt("without_vector", lambda: z.backward(retain_graph=True))
    told["without_vector_gives_a_gradient"] = x.grad is not None
    (of_sum,) = torch.autograd.grad(z.sum(), x, retain_graph=True)
    (of_mean,) = torch.autograd.grad(z.mean(), x, retain_graph=True)
    (with_vector,) = torch.autograd.grad(z, x, vector)
    return {"gradient_of_sum": of_sum, "gradient_of_mean": of_mean, "gradient_with_vector": with_vector, **told}
