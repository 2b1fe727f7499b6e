r"""Negative log likelihood of labels under given log-probabilities: PyTorch's own loss, the reference.

$$ \ell_n = -w_{y_n}\,x_{n, y_n}, \qquad \text{mean} = \frac{\sum_n \ell_n}{\sum_n w_{y_n}} $$

Shapes: input (N, C, d1, …) or (C,) log-probabilities; target (N, d1, …) or () labels (int64), `ignore_index` counts for nothing.
It takes log-probabilities: fed with probabilities it is silently negative (−0.35 for 1.14 in a measured example).

>>> import torch
>>> log_p = torch.log(torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]]))
>>> NLLLoss()(log_p, torch.tensor([0, 2])), NLLLoss(ignore_index=2)(log_p, torch.tensor([0, 2]))
(tensor(0.2899), tensor(0.3567))

Source: the notes, "NLLLoss".
"""

from torch.nn import NLLLoss as NLLLoss
