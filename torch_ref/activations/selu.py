r"""Self-normalising exponential linear unit: PyTorch's own layer, the reference.

$$ y = \lambda \begin{cases} x & x > 0 \\ \alpha(e^x - 1) & x \le 0 \end{cases} \qquad \lambda = 1.0507…,\ \alpha = 1.6733… $$

Shapes: input and output alike, any number of axes. With λ and α as they are, mean 0 and variance 1 are a stable fixed point.
The gradient at 0 is λα = 1.7581, that of the left branch.

>>> import torch
>>> SELU()(torch.tensor([-1.0, 0.0, 1.0]))
tensor([-1.1113,  0.0000,  1.0507])

Source: Klambauer et al. 2017, arXiv:1706.02515.
"""

from torch.nn import SELU as SELU
