r"""The affine map of the last axis: PyTorch's own layer, the reference.

$$ y = x W^\top + b $$

Shapes: input (…, in_features), output (…, out_features); W (out_features, in_features), b (out_features,).
W and b start uniform in ±1/√in_features.

>>> import torch
>>> layer = Linear(3, 2)
>>> layer(torch.ones(4, 5, 3)).shape
torch.Size([4, 5, 2])

Source: the notes, "Linear"; He et al. 2015, arXiv:1502.01852, for the initial weights (a = √5).
"""

from torch.nn import Linear as Linear
