r"""Normal, not truncated: PyTorch's own, the reference.

$$ W \sim \mathcal N(\mu, \sigma^2) $$

μ is `mean`, σ is `std`. Shapes: any.

>>> import torch
>>> normal_(torch.empty(3, 5), std=0.02).shape
torch.Size([3, 5])

Source: PyTorch's documentation, "torch.nn.init".
"""

from torch.nn.init import normal_ as normal_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class Normal(Initializer):
    """`normal_` on a new tensor."""

    function = staticmethod(normal_)

    def __init__(self, mean: float = 0.0, std: float = 1.0) -> None:
        super().__init__(mean=mean, std=std)
