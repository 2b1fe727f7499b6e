r"""Products with the Jacobian, without building it: vᵀJ backwards, Jt forwards.

$$ f(x) = \tanh(Wx), \qquad J = \operatorname{diag}(1 - f(x)^2)\,W $$

Shapes: x and tangent (d,), w (m, d), vector (m,); f and Jt (m,), vᵀJ (d,).

>>> import torch
>>> told = vector_jacobian(torch.zeros(2), torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), torch.ones(3), torch.ones(2))
>>> told["backward"], told["forward"]
(tensor([ 9., 12.]), tensor([ 3.,  7., 11.]))

Source: the notes, "1.5 Autograd", optional reading: `out.backward(v)`.
"""

import torch
from torch import Tensor


def vector_jacobian(x: Tensor, w: Tensor, vector: Tensor, tangent: Tensor) -> dict[str, Tensor]:
    """`backward(v)`, `torch.func.vjp` and `torch.func.jvp`."""

    def f(x: Tensor) -> Tensor:
        return torch.tanh(torch.mv(w, x))

    leaf = x.detach().requires_grad_()
    f(leaf).backward(vector)

    y, pull = torch.func.vjp(f, x)
    (pulled,) = pull(vector)
    _, pushed = torch.func.jvp(f, (x,), (tangent,))
    return {"y": y, "backward": leaf.grad, "pulled": pulled, "forward": pushed}
