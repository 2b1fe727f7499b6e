r"""Uniform in ±1/√d, d the inputs: what Linear and Conv start from, and what it does to the variance of the outputs.

$$ x_i \sim \mathcal N(0, 1),\; W_i \sim \mathcal U\!\left(-\tfrac{1}{\sqrt d}, \tfrac{1}{\sqrt d}\right) \;\Rightarrow\;
   \operatorname{Var}\Big[\sum_{i=1}^d W_i x_i\Big] = \frac13,\qquad \text{with a bias drawn likewise}\quad \frac13 + \frac{1}{3d} $$

Shapes: x and weight (n, d), bias (n,): n neurons, each with its own input. weight and bias come as numbers from −1 to 1.

>>> import torch
>>> rng = torch.Generator().manual_seed(0)
>>> x, weight, bias = torch.randn(100_000, 4, generator=rng), 2 * torch.rand(100_000, 4, generator=rng) - 1, 2 * torch.rand(100_000, generator=rng) - 1
>>> [round(value.item(), 2) for value in outputs(x, weight, bias).values()]  # 1/3, 1/3 + 1/12, and far from normal
[0.33, 0.42, 0.61]

Source: the notes, "(W,b) initialisation", which say 1/3 also with the bias, and a normal distribution; LeCun et al. 1998, "Efficient BackProp".
"""

import math

from torch import Tensor


def outputs(x: Tensor, weight: Tensor, bias: Tensor) -> dict[str, Tensor]:
    """The variance of the outputs, and how far from normal they are: their excess kurtosis, 2.4/d without the bias."""
    d = x.shape[1]
    without = (x * weight).sum(1) / math.sqrt(d)
    with_bias = without + bias / math.sqrt(d)
    return {
        "without_bias": without.var(correction=0),
        "with_bias": with_bias.var(correction=0),
        "excess_kurtosis": (without**4).mean() / (without**2).mean() ** 2 - 3,
    }
