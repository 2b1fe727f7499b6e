"""The perceptron of a transformer's block."""

from torch import nn


def mlp(dim: int, hidden: int, dropout: float) -> nn.Sequential:
    """dim – hidden – dim with a GELU between: torchvision's `MLP`, whose weights are "0" and "3"."""
    layers = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, dim), nn.Dropout(dropout))
    for linear in (layers[0], layers[3]):
        nn.init.xavier_uniform_(linear.weight)
        nn.init.normal_(linear.bias, std=1e-6)
    return layers
