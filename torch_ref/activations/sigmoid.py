r"""The logistic function and its logarithm: PyTorch's own layers, the reference.

$$ \sigma(x) = \frac{1}{1 + e^{-x}} \qquad \log\sigma(x) = -\log(1 + e^{-x}) \qquad \sigma' = \sigma(1 - \sigma) \le \tfrac14 $$

Shapes: input and output alike, any number of axes.
The slope is at most ¼, so gradients shrink at least fourfold with every sigmoid.
The outputs are all positive, so the weight gradients of a unit behind it share a sign.
(The notes call sigmoid "a step function"; it is its smooth relative.)

>>> import torch
>>> x = torch.tensor([-200.0, 0.0], requires_grad=True)
>>> Sigmoid()(x).detach(), LogSigmoid()(x).detach()  # log(sigmoid(-200)) would be -inf
(tensor([0.0000, 0.5000]), tensor([-200.0000,   -0.6931]))

Source: the notes, "激活函数".
"""

from torch.nn import LogSigmoid as LogSigmoid
from torch.nn import Sigmoid as Sigmoid
