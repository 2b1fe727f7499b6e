r"""Normal, with a share of zeros for every input: PyTorch's own, the reference.

$$ W_{oi} \sim \mathcal N(0, \sigma^2), \qquad \#\{o: W_{oi} = 0\} = \lceil s\,O \rceil $$

s is `sparsity`, σ is `std`. Shapes: (out, in).

>>> import torch
>>> (sparse_(torch.empty(10, 3), sparsity=0.25) == 0).sum(0)
tensor([3, 3, 3])

Source: Martens 2010, "Deep learning via Hessian-free optimization".
"""

from torch.nn.init import sparse_ as sparse_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class Sparse(Initializer):
    """`sparse_` on a new tensor."""

    function = staticmethod(sparse_)

    def __init__(self, sparsity: float, std: float = 0.01) -> None:
        super().__init__(sparsity=sparsity, std=std)
