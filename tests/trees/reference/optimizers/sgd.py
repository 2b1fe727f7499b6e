"""The default optimizer of a case with steps."""

from torch.optim import SGD as SGD
