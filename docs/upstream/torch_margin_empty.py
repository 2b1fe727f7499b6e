"""The mean of PyTorch's multi-class margin losses over nothing is what happens to be in memory."""

import sys

import torch

used = [torch.full((1,), 7.0) for _ in range(1000)]
del used  # so that what lies in memory is a number
nothing, labels = torch.zeros(0, 4), torch.zeros(0, 4, dtype=torch.long)
losses = [torch.nn.MultiMarginLoss()(nothing, labels[:, 0]), torch.nn.MultiLabelMarginLoss()(nothing, labels), torch.nn.MSELoss()(nothing, nothing)]
kinds = ["a number" if loss.isfinite() else "nan" for loss in losses]
print(f"the mean over an empty batch: MultiMarginLoss {kinds[0]}, MultiLabelMarginLoss {kinds[1]}, MSELoss {kinds[2]}")
sys.exit(0 if "a number" in kinds[:2] else 1)
