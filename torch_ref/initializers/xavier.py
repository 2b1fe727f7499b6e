r"""Xavier, or Glorot, a variance between what forward and backward pass would like: PyTorch's own, the reference.

$$ \operatorname{Var} W = \frac{2 g^2}{\text{fan\_in} + \text{fan\_out}},
   \qquad W \sim \mathcal U(-\sqrt3\,\sigma, \sqrt3\,\sigma) \;\text{or}\; \mathcal N(0, \sigma^2) $$

g is `gain`. Shapes: two axes or more, (out, in, *space); fan_in is in times the positions of the kernel, fan_out is out times these.

>>> import torch
>>> xavier_uniform_(torch.empty(2, 4)).abs().max() <= 1.0
tensor(True)

Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
"""

from torch.nn.init import xavier_normal_ as xavier_normal_
from torch.nn.init import xavier_uniform_ as xavier_uniform_

from torch_ref.initializers._fed import fed as fed
from torch_ref.initializers._initializer import Initializer


class XavierUniform(Initializer):
    """`xavier_uniform_` on a new tensor."""

    function = staticmethod(xavier_uniform_)

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__(gain=gain)


class XavierNormal(Initializer):
    """`xavier_normal_` on a new tensor."""

    function = staticmethod(xavier_normal_)

    def __init__(self, gain: float = 1.0) -> None:
        super().__init__(gain=gain)
