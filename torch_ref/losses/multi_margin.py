r"""Hinge losses over classes, for one label and for many: PyTorch's own losses, the reference.

$$ \ell_n = \frac{w_y}{C} \sum_{i \ne y} \max(0, m - x_y + x_i)^p \qquad
   \ell_n = \frac1C \sum_{y \in Y_n} \sum_{i \notin Y_n} \max(0, 1 - x_y + x_i) $$

Shapes: MultiMarginLoss (N, C) with labels (N,); MultiLabelMarginLoss (N, C) with (N, C) labels, of which those before the first −1 count.

>>> import torch
>>> x = torch.tensor([[0.1, 0.2, 0.4, 0.8]])
>>> MultiMarginLoss()(x, torch.tensor([3])), MultiLabelMarginLoss()(x, torch.tensor([[3, 0, -1, 1]]))
(tensor(0.3250), tensor(0.8500))

Source: Weston and Watkins 1999; Crammer and Singer 2001.
"""

from torch.nn import MultiLabelMarginLoss as MultiLabelMarginLoss
from torch.nn import MultiMarginLoss as MultiMarginLoss
