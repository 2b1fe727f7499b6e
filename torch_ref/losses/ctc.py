r"""Connectionist temporal classification: PyTorch's own loss, the reference.

$$ \ell = -\log \sum_{\pi \in B^{-1}(y)} \prod_t p_{t, \pi_t} $$

over all paths π that become the labels y when repeats, then blanks, are removed.

Shapes: log_probs (T, N, C) or (T, C); targets (N, S), or all labels in one vector; input_lengths and target_lengths (N,) or ().
The input must be log-probabilities. An alignment that does not fit (equal neighbours need a blank between them) costs infinity, with NaN gradients.

>>> import torch
>>> log_p = torch.full((2, 1, 3), 1 / 3).log()  # two frames; "1" is emitted by 1-blank, blank-1 and 1-1: three of nine paths
>>> CTCLoss(reduction="none")(log_p, torch.tensor([[1]]), torch.tensor([2]), torch.tensor([1])).exp()
tensor([3.])
>>> CTCLoss()(log_p, torch.tensor([[1, 1]]), torch.tensor([2]), torch.tensor([2]))
tensor(inf)

Source: Graves et al. 2006.
"""

from torch.nn import CTCLoss as CTCLoss
