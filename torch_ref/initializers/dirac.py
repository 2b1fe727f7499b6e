r"""The identity of convolutions, every channel passes: PyTorch's own, the reference.

$$ W_{o,i,u} = [o \bmod \tfrac{O}{G} = i]\;[u = \lfloor k/2 \rfloor] $$

G is `groups`. Shapes: (out, in/groups, *space) with 1 to 3 axes of space.

>>> import torch
>>> weight = dirac_(torch.empty(3, 3, 5))
>>> x = torch.arange(12.0).reshape(1, 3, 4)
>>> torch.equal(torch.nn.functional.conv1d(x, weight, padding=2), x)
True

Source: PyTorch's documentation, "torch.nn.init".
"""

from torch.nn.init import dirac_ as dirac_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class Dirac(Initializer):
    """`dirac_` on a new tensor."""

    function = staticmethod(dirac_)

    def __init__(self, groups: int = 1) -> None:
        super().__init__(groups=groups)
