r"""Shapes that differ: compared from the last axis back, each pair must be equal, or one of them 1 or absent.

Shapes: `broadcast`: x and y any two that fit. The gradient of a stretched axis is summed over it.

>>> import torch
>>> told = broadcast(torch.arange(1, 3).view(1, 2), torch.arange(1, 4).view(3, 1))
>>> told["sum"]
tensor([[2, 3],
        [3, 4],
        [4, 5]])
>>> refused(torch.ones(2, 3), torch.ones(4))["sum_raised"]
True

Source: the notes, "广播机制".
"""

import torch
from torch import Tensor

from torch_ref.tensors._refusal import attempt


def broadcast(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Sum, product and the larger, each of the common shape."""
    return {"sum": x + y, "product": x * y, "larger": torch.maximum(x, y)}


def expanded(x: Tensor, shape: tuple[int, ...]) -> dict[str, Tensor]:
    """The stretching alone."""
    return {"expanded": x.expand(shape)}


def refused(x: Tensor, y: Tensor) -> dict[str, bool | str | None]:
    """Axes that are neither equal nor 1."""
    return attempt("sum", lambda: x + y) | attempt("larger", lambda: torch.maximum(x, y))


def stretched_in_place(x: Tensor, y: Tensor) -> dict[str, Tensor | bool | str | None]:
    """y may be stretched to x, x never to y: its memory is what it is."""
    target = x.clone()
    target.add_(y)
    return {"target": target, **attempt("stretch_the_target", lambda: y.clone().add_(x))}
