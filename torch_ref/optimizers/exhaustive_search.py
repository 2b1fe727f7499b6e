r"""The best weight by trying all of a grid, as the notes begin: before gradients, step by step over ω, then over (ω, b).

$$ \text{cost}(\omega, b) = \frac1N \sum_{n=1}^N (\omega x_n + b - y_n)^2 $$

Shapes: x and y (n,), weights (w,), biases (b,); costs (w,), or (w, b) for both.

>>> import torch
>>> x, y = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([2.0, 4.0, 6.0, 8.0])
>>> told = over_weight(x, y, torch.arange(0.0, 4.5, 0.5))
>>> told["costs"], told["best"]
(tensor([30.0000, 16.8750,  7.5000,  1.8750,  0.0000,  1.8750,  7.5000, 16.8750,
        30.0000]), tensor(2.))

Source: the notes, "Introduction to deep learning": x = [1, 2, 3, 4], y = [2, 4, 6, 8], "find a good ω exhaustively; then add a bias"; "narrow the range where
it is best".
"""

import torch
from torch import Tensor


def over_weight(x: Tensor, y: Tensor, weights: Tensor) -> dict[str, Tensor]:
    """The cost of every ω, a curve, and the ω of the lowest."""
    costs = ((weights[:, None] * x - y) ** 2).mean(-1)
    return {"costs": costs, "best": weights[costs.argmin()]}


def over_weight_and_bias(x: Tensor, y: Tensor, weights: Tensor, biases: Tensor) -> dict[str, Tensor]:
    """The cost of every (ω, b), a surface, and the pair of the lowest."""
    costs = ((weights[:, None, None] * x + biases[:, None] - y) ** 2).mean(-1)
    row, column = divmod(int(costs.argmin()), len(biases))
    return {"costs": costs, "best": torch.stack([weights[row], biases[column]])}


def narrowing(x: Tensor, y: Tensor, low: float, high: float, points: int, rounds: int) -> dict[str, Tensor]:
    """The best ω of one round and the steps of its grid; the next round looks one step to either side."""
    best, steps = [], []
    for _ in range(rounds):
        step = (high - low) / (points - 1)
        weight = low + step * over_weight(x, y, low + step * torch.arange(points))["costs"].argmin().item()
        best.append(weight)
        steps.append(step)
        low, high = weight - step, weight + step
    return {"best": torch.tensor(best), "steps": torch.tensor(steps)}
