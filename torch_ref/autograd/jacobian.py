r"""The whole Jacobian: row by row backwards, column by column forwards, and one for each sample of a batch.

$$ f(x) = \tanh(Wx), \qquad J_{ij} = \frac{\partial f_i}{\partial x_j} = (1 - f_i^2)\,W_{ij} $$

Shapes: x (d,), xs (n, d), w (m, d); J (m, d), a batch of them (n, m, d).

>>> import torch
>>> told = jacobian(torch.zeros(2), torch.zeros(4, 2), torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
>>> told["backward"]
tensor([[1., 2.],
        [3., 4.],
        [5., 6.]])

Source: the notes, "1.5 Autograd", optional reading.
"""

import torch
from torch import Tensor


def jacobian(x: Tensor, xs: Tensor, w: Tensor) -> dict[str, Tensor]:
    """`torch.func.jacrev`, `jacfwd`, and `vmap` of one over a batch. Backwards is cheap for few outputs, forwards for few inputs."""

    def f(x: Tensor) -> Tensor:
        return torch.tanh(torch.mv(w, x))

    return {
        "backward": torch.func.jacrev(f)(x),
        "forward": torch.func.jacfwd(f)(x),
        "by_parameter": torch.func.jacrev(lambda w: torch.tanh(torch.mv(w, x)))(w),
        "per_sample": torch.func.vmap(torch.func.jacrev(f))(xs),
    }
