r"""The identity matrix, a linear layer that passes on what it can: PyTorch's own, the reference.

$$ W_{oi} = [o = i] $$

Shapes: two axes.

>>> import torch
>>> eye_(torch.empty(2, 3))
tensor([[1., 0., 0.],
        [0., 1., 0.]])

Source: PyTorch's documentation, "torch.nn.init".
"""

from torch.nn.init import eye_ as eye_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class Eye(Initializer):
    """`eye_` on a new tensor."""

    function = staticmethod(eye_)
