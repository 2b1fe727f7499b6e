r"""Kaiming, or He, a variance that a rectifier keeps from layer to layer: PyTorch's own, the reference.

$$ \operatorname{Var} W = \frac{g^2}{\text{fan}}, \qquad W \sim \mathcal U(-\sqrt3\,\sigma, \sqrt3\,\sigma) \;\text{or}\; \mathcal N(0, \sigma^2) $$

g is `calculate_gain(nonlinearity, a)`; fan is fan_in, to keep the variance forwards, or fan_out, backwards. Shapes: two axes or more, (out, in, *space).

>>> import torch
>>> kaiming_uniform_(torch.empty(8, 4), a=5**0.5).abs().max() <= 0.5  # 1/√fan_in, what Linear starts from
tensor(True)

Source: He et al. 2015, "Delving deep into rectifiers", arXiv:1502.01852.
"""

from torch.nn.init import kaiming_normal_ as kaiming_normal_
from torch.nn.init import kaiming_uniform_ as kaiming_uniform_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class KaimingUniform(Initializer):
    """`kaiming_uniform_` on a new tensor."""

    function = staticmethod(kaiming_uniform_)

    def __init__(self, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> None:
        super().__init__(a=a, mode=mode, nonlinearity=nonlinearity)


class KaimingNormal(Initializer):
    """`kaiming_normal_` on a new tensor."""

    function = staticmethod(kaiming_normal_)

    def __init__(self, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu") -> None:
        super().__init__(a=a, mode=mode, nonlinearity=nonlinearity)
