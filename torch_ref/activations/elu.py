r"""Exponential linear units: PyTorch's own layers, the reference.

$$ \mathrm{ELU}(x) = \begin{cases} x & x > 0 \\ \alpha(e^x - 1) & x \le 0 \end{cases} \qquad
   \mathrm{CELU}(x) = \begin{cases} x & x > 0 \\ \alpha(e^{x/\alpha} - 1) & x \le 0 \end{cases} $$

Shapes: input and output alike, any number of axes. ELU's gradient at 0 is α, CELU's is 1 for every α: the C stands for continuously differentiable.

>>> import torch
>>> ELU(alpha=2.0)(torch.tensor([-1.0, 0.0, 3.0])), CELU(alpha=2.0)(torch.tensor([-1.0, 0.0, 3.0]))
(tensor([-1.2642,  0.0000,  3.0000]), tensor([-0.7869,  0.0000,  3.0000]))

Source: Clevert et al. 2015, arXiv:1511.07289; Barron 2017, arXiv:1704.07483; the notes, "ELU函数（指数线性函数）".
"""

from torch.nn import CELU as CELU
from torch.nn import ELU as ELU
