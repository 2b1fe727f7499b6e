"""PyTorch's `CrossMapLRN2d` never takes the first channel's square out of its window."""

import sys

import torch

x = torch.zeros(1, 7, 1, 1, dtype=torch.float64)
x[0, 0], x[0, 1:] = 3.0, 1.0
layers = (torch.nn.CrossMapLRN2d(5, 1.0, 1.0, 1.0), torch.nn.LocalResponseNorm(5, 1.0, 1.0, 1.0))
windows = [(1 / layer(x)[0, 1:, 0, 0] - 1).mul(5).round().int().tolist() for layer in layers]
print(f"sums over windows of 5 channels of [9, 1, 1, 1, 1, 1, 1], from the second on: {windows[0]}, right is {windows[1]}")
sys.exit(0 if windows[0] != windows[1] else 1)
