r"""Normal, cut off at absolute bounds: PyTorch's own, the reference.

$$ W \sim \mathcal N(\mu, \sigma^2) \;\big|\; a \le W \le b $$

The bounds are not counted in σ: at σ = 0.02 the default ±2 cuts nothing. Shapes: any.

>>> import torch
>>> trunc_normal_(torch.empty(1000), std=0.02, a=-0.04, b=0.04).abs().max() <= 0.04
tensor(True)

Source: PyTorch's documentation, "torch.nn.init".
"""

from torch.nn.init import trunc_normal_ as trunc_normal_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class TruncNormal(Initializer):
    """`trunc_normal_` on a new tensor."""

    function = staticmethod(trunc_normal_)

    def __init__(self, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0) -> None:
        super().__init__(mean=mean, std=std, a=a, b=b)
