"""A dense layer over patches and the convolution that does the same: how the rows of the one lie to the window of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import prod
from typing import Any

import numpy as np


@dataclass(eq=False)
class Patch:
    """`window` is (C, *space) of the convolution; `order` the order of its axes in which the dense layer's rows read it."""

    window: tuple[int, ...]
    order: tuple[int, ...]
    torch_is_dense: bool

    def to_keras(self, array: np.ndarray) -> np.ndarray:
        """(out, in) to (out, *window), or back where torch has the convolution."""
        return self._windowed(array) if self.torch_is_dense else self._flat(array)

    def to_torch(self, array: np.ndarray) -> np.ndarray:
        return self._flat(array) if self.torch_is_dense else self._windowed(array)

    def _windowed(self, array: np.ndarray) -> np.ndarray:
        split = array.reshape(len(array), *[self.window[axis] for axis in self.order])
        return split.transpose(0, *[1 + self.order.index(axis) for axis in range(len(self.window))])

    def _flat(self, array: np.ndarray) -> np.ndarray:
        return array.transpose(0, *[1 + axis for axis in self.order]).reshape(len(array), -1)

    def learn(self, rows: np.ndarray, image: np.ndarray) -> bool:
        """Takes the order in which the first row (..., in) reads the first window of an image (N, C, *space); whether it changed."""
        corner: tuple[Any, ...] = (0, slice(None), *[slice(0, n) for n in self.window[1:]])
        window = image[corner]
        first = rows.reshape(-1, rows.shape[-1])[0]
        if window.shape != self.window or first.size != window.size:
            return False
        for order in permutations(range(len(self.window))):
            if np.array_equal(window.transpose(order).reshape(-1), first):
                changed, self.order = order != self.order, order
                return changed
        return False


def patch_of(torch: Sequence[int], keras: Sequence[int]) -> Patch | None:
    """The patch by which a dense weight (out, in) and a convolution's (out, C, *space) may hold the same; torch's own flatten and Keras' until values tell."""
    dense, window = (tuple(torch), tuple(keras)) if len(torch) == 2 else (tuple(keras), tuple(torch))
    if len(dense) != 2 or len(window) < 3 or dense[0] != window[0] or dense[1] != prod(window[1:]) or prod(window[2:]) == 1:
        return None
    axes = tuple(range(len(window) - 1))
    return Patch(window[1:], axes if len(torch) == 2 else (*axes[1:], 0), len(torch) == 2)
