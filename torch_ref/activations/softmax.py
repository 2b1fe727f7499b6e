r"""Softmax and its relatives: PyTorch's own layers, the reference.

$$ \mathrm{Softmax}(x)_i = \frac{e^{x_i}}{\sum_j e^{x_j}} \qquad \mathrm{Softmin}(x) = \mathrm{Softmax}(-x) \qquad
   \mathrm{LogSoftmax}(x)_i = x_i - \log\sum_j e^{x_j} $$

Shapes: input and output alike; the sums run along `dim`. Softmax2d: (N, C, H, W) or (C, H, W), along C.
Without `dim` PyTorch warns and takes axis 0 of one or three axes, else axis 1: the class axis of (C,), (N, C), (C, H, W) and (N, C, H, W).
LogSoftmax stays finite where log(softmax) is −inf (the notes on `logsoftmax`).

>>> import torch
>>> Softmax(dim=0)(torch.tensor([2.0, 1.0, 0.1]))
tensor([0.6590, 0.2424, 0.0986])
>>> LogSoftmax(dim=0)(torch.tensor([0.0, 1000.0]))
tensor([-1000.,     0.])

Source: the notes, "softmax & cross-entropy" and "Softmax概述".
"""

from torch.nn import LogSoftmax as LogSoftmax
from torch.nn import Softmax as Softmax
from torch.nn import Softmax2d as Softmax2d
from torch.nn import Softmin as Softmin
