r"""The best weight by trying all of a grid, as the notes begin: before gradients, step by step over ω, then over (ω, b).

$$ \text{cost}(\omega, b) = \frac1N \sum_{n=1}^N (\omega x_n + b - y_n)^2 $$

Shapes: x and y (n,), weights (w,), biases (b,); costs (w,), or (w, b) for both.

Differs from PyTorch:
    Not.

Source: the notes, "Introduction to deep learning": x = [1, 2, 3, 4], y = [2, 4, 6, 8], "find a good ω exhaustively; then add a bias"; "narrow the range where
it is best".
"""

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def over_weight(x: Float[Tensor, " n"], y: Float[Tensor, " n"], weights: Float[Tensor, " w"]) -> dict[str, Tensor]:
    """The cost of every ω, a curve, and the ω of the lowest."""
    costs = ops.mean((weights[:, None] * x - y) ** 2, axis=-1)
    return {"costs": costs, "best": ops.take(weights, ops.argmin(costs))}


def over_weight_and_bias(x: Float[Tensor, " n"], y: Float[Tensor, " n"], weights: Float[Tensor, " w"], biases: Float[Tensor, " b"]) -> dict[str, Tensor]:
    """The cost of every (ω, b), a surface, and the pair of the lowest."""
    costs = ops.mean((weights[:, None, None] * x + biases[:, None] - y) ** 2, axis=-1)
    row, column = divmod(int(ops.argmin(ops.reshape(costs, (-1,)))), len(biases))
    return {"costs": costs, "best": ops.stack([weights[row], biases[column]])}


def narrowing(x: Float[Tensor, " n"], y: Float[Tensor, " n"], low: float, high: float, points: int, rounds: int) -> dict[str, Tensor]:
    """The best ω of one round and the steps of its grid; the next round looks one step to either side."""
    best, steps = [], []
    for _ in range(rounds):
        step = (high - low) / (points - 1)
        grid = ops.convert_to_tensor(low + step * np.arange(points), dtype=keras.config.floatx())
        weight = low + step * int(ops.argmin(over_weight(x, y, grid)["costs"]))
        best.append(weight)
        steps.append(step)
        low, high = weight - step, weight + step
    return {name: ops.convert_to_tensor(np.asarray(found, keras.config.floatx())) for name, found in (("best", best), ("steps", steps))}
