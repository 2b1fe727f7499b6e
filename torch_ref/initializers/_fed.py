"""An initializer that is given its random numbers, so that both sides have the same."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import torch
from torch import Tensor

from torch_ref import initializers


def fed(uniform: Tensor, normal: Tensor, initializer: tuple[str, Mapping[str, Any]], shape: tuple[int, ...]) -> dict[str, Tensor]:
    """The weight that comes of given draws, and what distributions were asked for: one row (low, high) or (mean, standard deviation) for each draw.

    Args:
        uniform: numbers from 0 to 1, one array of the weight's shape for each draw.
        normal: standard normal numbers, likewise.
        initializer: its name and arguments.
        shape: the weight's.
    """
    name, config = initializer
    uniforms, normals = iter(uniform), iter(normal)
    asked: list[tuple[float, float]] = []
    gives = {
        "uniform_": _giver(uniforms, asked, (0.0, 1.0), lambda low, high, draw: low + (high - low) * draw),
        "normal_": _giver(normals, asked, (0.0, 1.0), lambda mean, std, draw: mean + std * draw),
    }
    with mock.patch.multiple(torch.Tensor, create=True, **gives), mock.patch.object(torch, "randperm", _permutations(uniforms, shape, asked)):
        weight = getattr(initializers, name)(**config)(shape)
    return {"weight": weight} | ({"asked": torch.tensor(asked, dtype=torch.get_default_dtype())} if asked else {})


def _giver(draws: Iterator[Tensor], asked: list[tuple[float, float]], defaults: tuple[float, float], scaled: Callable) -> Callable:
    def give(tensor: Tensor, first: float = defaults[0], second: float = defaults[1], generator: torch.Generator | None = None) -> Tensor:
        asked.append((first, second))
        return tensor.copy_(scaled(first, second, next(draws).reshape(tensor.shape)))

    return give


def _permutations(draws: Iterator[Tensor], shape: tuple[int, ...], asked: list[tuple[float, float]]) -> Callable[[int], Tensor]:
    columns: list[Tensor] = []

    def randperm(rows: int) -> Tensor:
        if not columns:
            asked.append((0.0, 1.0))
            columns.extend(next(draws).unbind(1))
        return torch.argsort(columns.pop(0))

    return randperm
