r"""A smooth ReLU: PyTorch's own layer, the reference.

$$ y = \begin{cases} \tfrac1\beta \log(1 + e^{\beta x}) & \beta x \le \text{threshold} \\ x & \text{else} \end{cases} $$

Shapes: input and output alike, any number of axes. Beyond the threshold y is x itself, with gradient 1:
a step of log(1 + e⁻²⁰) = 2.1e-9, which only float64 sees.

>>> import torch
>>> Softplus()(torch.tensor([-1.0, 0.0, 30.0]))
tensor([ 0.3133,  0.6931, 30.0000])

Source: Dugas et al. 2001.
"""

from torch.nn import Softplus as Softplus
