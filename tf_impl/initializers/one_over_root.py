r"""Uniform in ±1/√d, d the inputs: what Linear and Conv start from, and what it does to the variance of the outputs.

$$ x_i \sim \mathcal N(0, 1),\; W_i \sim \mathcal U\!\left(-\tfrac{1}{\sqrt d}, \tfrac{1}{\sqrt d}\right) \;\Rightarrow\;
   \operatorname{Var}\Big[\sum_{i=1}^d W_i x_i\Big] = \frac13,\qquad \text{with a bias drawn likewise}\quad \frac13 + \frac{1}{3d} $$

Shapes: x and weight (n, d), bias (n,): n neurons, each with its own input. weight and bias come as numbers from −1 to 1.

Differs from PyTorch:
    Keras' layers start from Glorot and zero bias: the variance is 2d/(d + outputs), 1 where inputs and outputs are as many, three times that of PyTorch.

Source: the notes, "(W,b) initialisation", which say 1/3 also with the bias, and a normal distribution; LeCun et al. 1998, "Efficient BackProp".
"""

import math

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def outputs(x: Float[Tensor, "n d"], weight: Float[Tensor, "n d"], bias: Float[Tensor, " n"]) -> dict[str, Tensor]:
    """The variance of the outputs, and how far from normal they are: their excess kurtosis, 2.4/d without the bias."""
    d = x.shape[1]
    without = ops.sum(x * weight, axis=1) / math.sqrt(d)
    with_bias = without + bias / math.sqrt(d)
    return {
        "without_bias": ops.var(without),
        "with_bias": ops.var(with_bias),
        "excess_kurtosis": ops.mean(ops.power(without, 4)) / ops.square(ops.mean(ops.square(without))) - 3,
    }
