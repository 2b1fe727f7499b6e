"""PyTorch's functions fill a tensor; Keras' initializers are called with a shape. This makes the second of the first."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor


class Initializer:
    """`function` with its words, on a new tensor."""

    function: ClassVar[Callable[..., Tensor]]

    def __init__(self, **words: Any) -> None:
        self.words = words

    def __call__(self, shape: Sequence[int], dtype: torch.dtype | None = None) -> Tensor:
        return type(self).function(torch.empty(*shape, dtype=dtype), **self.words)
