r"""One number everywhere: PyTorch's own, the reference.

$$ W = v $$

Shapes: any.

>>> import torch
>>> constant_(torch.empty(3), 0.5)
tensor([0.5000, 0.5000, 0.5000])

Source: PyTorch's documentation, "torch.nn.init".
"""

from torch.nn.init import constant_ as constant_
from torch.nn.init import ones_ as ones_
from torch.nn.init import zeros_ as zeros_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class Constant(Initializer):
    """`constant_` on a new tensor."""

    function = staticmethod(constant_)

    def __init__(self, val: float) -> None:
        super().__init__(val=val)
