"""An initializer that is given its random numbers, so that both sides have the same."""

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from tf_impl import initializers
from tf_impl.typing import Tensor


def fed(uniform: Tensor, normal: Tensor, initializer: tuple[str, Mapping[str, Any]], shape: tuple[int, ...]) -> dict[str, Tensor]:
    """The weight that comes of given draws, and what distributions were asked for: one row (low, high) or (mean, standard deviation) for each draw.

    Args:
        uniform: numbers from 0 to 1, one array of the weight's shape for each draw.
        normal: standard normal numbers, likewise.
        initializer: its name and arguments.
        shape: the weight's, in PyTorch's axes (out, in, *space). Keras' initializer is called with the kernel's.
    """
    name, config = initializer
    draws = {"uniform": iter(uniform), "normal": iter(normal)}
    asked: list[tuple[float, float]] = []
    given = type("Fed", (getattr(initializers, name),), {kind: _giver(kind, draw, asked) for kind, draw in draws.items()})(**config)
    if len(shape) < 2:
        weight = given(shape)
    else:
        outputs, inputs, *space = shape
        kernel = given((*space, inputs, outputs))
        weight = ops.transpose(kernel, (len(shape) - 1, len(shape) - 2, *range(len(space))))
    return {"weight": weight} | ({"asked": ops.convert_to_tensor(np.asarray(asked, keras.config.floatx()))} if asked else {})


def _giver(kind: str, draws: Iterator[Tensor], asked: list[tuple[float, float]]) -> Any:
    def give(self: Any, shape: tuple[int, ...], first: float, second: float, dtype: str) -> Tensor:
        asked.append((first, second))
        draw = ops.reshape(next(draws), shape)
        return first + (second - first) * draw if kind == "uniform" else first + second * draw

    return give
