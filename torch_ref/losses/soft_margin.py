r"""Logistic loss of a score and a sign, for one label and for many: PyTorch's own losses, the reference.

$$ \ell = \log(1 + e^{-t x}) \quad (t = \pm 1) \qquad
   \ell_n = -\frac1C \sum_c w_c \bigl(t_{nc} \log\sigma(x_{nc}) + (1 - t_{nc}) \log\sigma(-x_{nc})\bigr) \quad (t \in \{0, 1\}) $$

Shapes: SoftMarginLoss any; MultiLabelSoftMarginLoss (N, C) with the mean over classes first.

>>> import torch
>>> SoftMarginLoss()(torch.tensor([2.0, -1.0]), torch.tensor([1.0, 1.0]))
tensor(0.7201)
>>> MultiLabelSoftMarginLoss()(torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 1.0]]))  # the same in 0 and 1
tensor(0.7201)

Source: torch.nn.SoftMarginLoss's documentation.
"""

from torch.nn import MultiLabelSoftMarginLoss as MultiLabelSoftMarginLoss
from torch.nn import SoftMarginLoss as SoftMarginLoss
