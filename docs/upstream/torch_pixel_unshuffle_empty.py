"""PyTorch's pixel shuffles of an empty batch do not take channels for pixels."""

import sys

import torch
from torch.nn import functional

shape = tuple(functional.pixel_unshuffle(torch.zeros(0, 3, 6, 4), 2).shape)
print(f"pixel_unshuffle of (0, 3, 6, 4) by 2 has the shape {shape}, right is (0, 12, 3, 2)")
sys.exit(0 if shape != (0, 12, 3, 2) else 1)
