r"""Kullback-Leibler divergence: PyTorch's own loss, the reference.

$$ \ell_i = t_i (\log t_i - x_i), \qquad x = \log q $$

Shapes: input (log-probabilities) and target alike; the batch is axis 0.
"batchmean" is the divergence. The default, "mean", divides by the number of classes too, and warns.

>>> import torch
>>> q, t = torch.tensor([[0.5, 0.25, 0.25]]), torch.tensor([[0.25, 0.75, 0.0]])
>>> KLDivLoss(reduction="batchmean")(q.log(), t), KLDivLoss(reduction="none")(q.log(), t)
(tensor(0.6507), tensor([[-0.1733,  0.8240,  0.0000]]))

Source: Kullback and Leibler 1951.
"""

from torch.nn import KLDivLoss as KLDivLoss
