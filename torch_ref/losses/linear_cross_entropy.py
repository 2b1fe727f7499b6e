r"""A linear layer and the cross-entropy of its logits in one: PyTorch's own loss (torch 2.13), the reference.

$$ \ell_n = -\sum_c w_c\,q_{nc} \log \mathrm{softmax}(W x_n + b)_c, \qquad q_{nc} = (1 - s)\,y_{nc} + s/C $$

Shapes: input (N, in_features) or (in_features,); target (N, d1, …) labels or (N, C, d1, …) probabilities, (d1, …) being `out_features`;
`linear.weight` (C·d1·…, in_features).
With `LinearCrossEntropyOptions` the batch is taken in chunks: the (N, C) logits, the largest tensor of a language model's training, are never there at once.

>>> import torch
>>> _ = torch.manual_seed(0)
>>> loss = LinearCrossEntropyLoss(3, 4)
>>> x, y = torch.randn(2, 3), torch.tensor([1, 3])
>>> bool(torch.isclose(loss(x, y), torch.nn.functional.cross_entropy(loss.linear(x), y)))
True

Source: Wijmans et al. 2024, arXiv:2411.09009; `CrossEntropyLoss`.
"""

from torch.nn import LinearCrossEntropyLoss as LinearCrossEntropyLoss
from torch.nn import LinearCrossEntropyOptions as LinearCrossEntropyOptions
