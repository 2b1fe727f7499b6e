r"""Uniform in an interval: PyTorch's own, the reference.

$$ W \sim \mathcal U(a, b) $$

Shapes: any.

>>> import torch
>>> 2 <= uniform_(torch.empty(3, 5), a=2.0, b=4.0).min() < 4
tensor(True)

Source: PyTorch's documentation, "torch.nn.init".
"""

from torch.nn.init import uniform_ as uniform_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class Uniform(Initializer):
    """`uniform_` on a new tensor."""

    function = staticmethod(uniform_)

    def __init__(self, a: float = 0.0, b: float = 1.0) -> None:
        super().__init__(a=a, b=b)
