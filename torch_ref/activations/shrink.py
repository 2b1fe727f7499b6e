r"""Small values become 0: PyTorch's own layers, the reference.

$$ \mathrm{Hardshrink}(x) = \begin{cases} x & |x| > \lambda \\ 0 & \text{else} \end{cases} \qquad
   \mathrm{Softshrink}(x) = \begin{cases} x - \lambda & x > \lambda \\ x + \lambda & x < -\lambda \\ 0 & \text{else} \end{cases} $$

Shapes: input and output alike, any number of axes. The gradient at ±λ is 0. Softshrink is the proximal operator of λ|x|.

>>> import torch
>>> x = torch.tensor([-2.0, 0.5, 1.5])
>>> Hardshrink(1.0)(x), Softshrink(1.0)(x)
(tensor([-2.0000,  0.0000,  1.5000]), tensor([-1.0000,  0.0000,  0.5000]))

Source: Donoho and Johnstone 1994.
"""

from torch.nn import Hardshrink as Hardshrink
from torch.nn import Softshrink as Softshrink
