r"""Which of two scores should be the larger: PyTorch's own loss, the reference.

$$ \ell = \max(0, -t\,(x_1 - x_2) + m) $$

Shapes: input1, input2 and target (1 or −1) of as many axes.

>>> import torch
>>> MarginRankingLoss(margin=0.5, reduction="none")(torch.tensor([2.0, 2.0]), torch.tensor([1.0, 1.0]), torch.tensor([1.0, -1.0]))
tensor([0.0000, 1.5000])

Source: torch.nn.MarginRankingLoss's documentation.
"""

from torch.nn import MarginRankingLoss as MarginRankingLoss
