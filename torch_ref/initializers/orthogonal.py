r"""Orthonormal rows or columns, lengths pass unchanged: PyTorch's own, the reference.

$$ W = g\,Q\,\operatorname{sign}(\operatorname{diag} R), \qquad QR = N, \quad N_{ij} \sim \mathcal N(0, 1) $$

g is `gain`. Shapes: two axes or more, (out, …); all but the first are one axis.

>>> import torch
>>> weight = orthogonal_(torch.empty(3, 5))
>>> torch.allclose(weight @ weight.T, torch.eye(3), atol=1e-6)
True

Source: Saxe et al. 2013, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", arXiv:1312.6120.
"""

from torch.nn.init import orthogonal_ as orthogonal_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class Orthogonal(Initializer):
    """`orthogonal_` on a new tensor."""

    function = staticmethod(orthogonal_)

    def __init__(self, gain: float = 1) -> None:
        super().__init__(gain=gain)
