r"""Squared near zero, absolute far away, in two parametrisations: PyTorch's own losses, the reference.

$$ \mathrm{SmoothL1}_\beta = \begin{cases} d^2 / 2\beta & d < \beta \\ d - \beta/2 & \text{else} \end{cases} \qquad
   \mathrm{Huber}_\delta = \begin{cases} d^2 / 2 & d \le \delta \\ \delta\,(d - \delta/2) & \text{else} \end{cases} \qquad d = |x - t| $$

Shapes: input and target alike, any number of axes. Huber with δ = β is β times SmoothL1.

>>> import torch
>>> x, t = torch.tensor([0.5, 3.0]), torch.zeros(2)
>>> SmoothL1Loss(beta=2.0, reduction="none")(x, t), HuberLoss(delta=2.0, reduction="none")(x, t)
(tensor([0.0625, 2.0000]), tensor([0.1250, 4.0000]))

Source: Huber 1964; Girshick 2015, arXiv:1504.08083.
"""

from torch.nn import HuberLoss as HuberLoss
from torch.nn import SmoothL1Loss as SmoothL1Loss
