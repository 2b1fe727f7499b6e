"""The array type of shape annotations: a tensor of any backend, eager or symbolic."""

from typing import Any

Tensor = Any
