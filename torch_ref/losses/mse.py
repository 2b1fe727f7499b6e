r"""Squared error: PyTorch's own loss, the reference.

$$ \ell_i = (x_i - t_i)^2 $$

Shapes: input and target alike, any number of axes. "mean" divides by all elements, "sum" was `size_average=False` when the notes were written.
The loss is symmetric, its gradient is not: the notes' `loss(labels, y_pred)` has the arguments swapped and still trains.

>>> import torch
>>> x, t = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 4.0, 6.0])
>>> MSELoss()(x, t), MSELoss(reduction="sum")(x, t), MSELoss(reduction="none")(x, t)
(tensor(4.6667), tensor(14.), tensor([1., 4., 9.]))

Source: the notes, "损失函数".
"""

from torch.nn import MSELoss as MSELoss
