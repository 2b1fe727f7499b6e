"""PyTorch's `embedding_bag(scale_grad_by_freq=True)` divides a row's gradient by how often another row was looked up, on the CPU."""

import sys

import torch
from torch.nn import functional

weight = torch.ones(7, 1, requires_grad=True)
ids = torch.tensor([[4, 2, 2, 0, 6, 1, 1, 5, 2]])
functional.embedding_bag(ids, weight, mode="sum", scale_grad_by_freq=True).sum().backward()
gradient = [round(g, 2) for g in weight.grad[:, 0].tolist()]
print(f"gradients of rows looked up [1, 2, 3, 0, 1, 1, 1] times, each divided by it: {gradient}")
sys.exit(0 if gradient != [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0] else 1)
