r"""Local response normalisation: PyTorch's own layer, the reference.

$$ y_c = x_c \Bigl( k + \frac{\alpha}{s} \sum_{j = c - \lfloor s/2 \rfloor}^{c + \lfloor (s - 1)/2 \rfloor} x_j^2 \Bigr)^{-\beta} $$

with s = size.

Shapes: input and output (N, C, *space).

>>> import torch
>>> LocalResponseNorm(2, alpha=2.0, beta=1.0)(torch.tensor([[[1.0], [2.0]]])).flatten().tolist()
[0.5, 0.3333333432674408]

Source: Krizhevsky et al. 2012 (AlexNet); the notes, "LRN".
"""

from torch.nn import LocalResponseNorm as LocalResponseNorm
