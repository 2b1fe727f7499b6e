"""Joining axes into one and splitting one into several: PyTorch's own layers, the reference.

Shapes: `Flatten` (N, C, *space) → (N, C·∏space); `Unflatten` back. The channel varies slowest.

>>> import torch
>>> x = torch.arange(12).reshape(1, 2, 2, 3)
>>> Flatten()(x).shape, Unflatten(1, (2, 2, 3))(Flatten()(x)).equal(x)
(torch.Size([1, 12]), True)

Source: the notes, "view" before the first Linear.
"""

from torch.nn import Flatten as Flatten
from torch.nn import Unflatten as Unflatten
