r"""Gradients where there is none: kinks, ties, zeros. Which subgradient does PyTorch take?

Shapes: `at_points`: x (n,), each gradient (n,). `ties`: x and y (n, d). `zeros`: x (n, d), y (n, d). `products`: x (n, d).

The functions ending in `_as_torch` are what a port has to write in TensorFlow to get these gradients; here they are PyTorch's own.

>>> import torch
>>> x = torch.zeros(1)
>>> told = at_points(x)
>>> [told[name].item() for name in ("relu", "abs", "leaky_relu")]
[0.0, 0.0, 0.125]
>>> ties(torch.ones(1, 2), torch.ones(1, 2))["maximum"]
tensor([[0.5000, 0.5000]])

Source: measured on both sides; the notes name the dead half of ReLU.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as _functional

_POINTWISE: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": _functional.relu,
    "leaky_relu": lambda x: _functional.leaky_relu(x, 0.125),
    "relu6": _functional.relu6,
    "elu": _functional.elu,
    "selu": _functional.selu,
    "hardtanh": _functional.hardtanh,
    "hardsigmoid": _functional.hardsigmoid,
    "hardswish": _functional.hardswish,
    "softshrink": _functional.softshrink,
    "abs": torch.abs,
    "square": torch.square,
    "clamp": lambda x: torch.clamp(x, -1, 1),
}
_STEPS: dict[str, Callable[[Tensor], Tensor]] = {"sign": torch.sign, "round": torch.round, "floor": torch.floor}


def at_points(x: Tensor) -> dict[str, Tensor | list[float]]:
    """Activations at their corners; functions of steps, whose gradient is zero where it is not missing."""
    return {name: _gradient(f, x) for name, f in _POINTWISE.items()} | {name: _gradient(f, x).tolist() for name, f in _STEPS.items()}


def at_points_as_torch(x: Tensor) -> dict[str, Tensor | list[float]]:
    """Those of `at_points` that TensorFlow answers differently."""
    told = at_points(x)
    return {name: told[name] for name in ("selu", "hardtanh", "round", "floor")}


def ties(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Largest values that occur twice: in a whole tensor, along an axis, between two tensors."""
    return {
        "max": _gradient(torch.max, x),
        "amax": _gradient(lambda x: torch.amax(x, dim=-1), x),
        "max_dim": _gradient(lambda x: torch.max(x, dim=-1).values, x),
        "maximum": _gradient(lambda x: torch.maximum(x, y), x),
        "maximum_other": _gradient(lambda y: torch.maximum(x, y), y),
        "minimum": _gradient(lambda x: torch.minimum(x, y), x),
        "sort": _gradient(lambda x: torch.sort(x, dim=-1).values[..., 0], x),
        "max_pool": _gradient(lambda x: _functional.max_pool1d(x[:, None], 2, 1)[:, 0], x),
    }


def ties_as_torch(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Those of `ties` that TensorFlow answers differently."""
    told = ties(x, y)
    return {name: told[name] for name in ("max_dim", "maximum", "maximum_other", "minimum")}


def zeros(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Roots, norms, logarithms and angles at zero. `where` does not hide a NaN; choosing a safe input first does."""
    return {
        "sqrt": _gradient(torch.sqrt, x),
        "power_half": _gradient(lambda x: x**0.5, x),
        "norm": _gradient(lambda x: torch.linalg.vector_norm(x, dim=-1), x),
        "root_of_squares": _gradient(lambda x: torch.sqrt(torch.sum(x**2, dim=-1)), x),
        "std": _gradient(lambda x: torch.std(x, dim=-1, correction=0), x),
        "xlogy": _gradient(lambda x: torch.xlogy(x, x), x),
        "atan2": _gradient(lambda x: torch.atan2(y, x), x),
        "where_log": _gradient(lambda x: torch.where(x > 0, torch.log(x), 0.0), x),
        "where_log_of_safe": _gradient(lambda x: torch.where(x > 0, torch.log(torch.where(x > 0, x, 1.0)), 0.0), x),
    }


def zeros_as_torch(x: Tensor, y: Tensor) -> dict[str, Tensor]:
    """Those of `zeros` that TensorFlow answers differently."""
    told = zeros(x, y)
    return {name: told[name] for name in ("norm", "std", "xlogy", "atan2")}


def products(x: Tensor) -> dict[str, Tensor]:
    """Products with a factor of zero, which no division can take out again."""
    return {
        "prod": _gradient(lambda x: torch.prod(x, dim=-1), x),
        "cumprod": _gradient(lambda x: torch.cumprod(x, dim=-1), x),
    }


def products_as_torch(x: Tensor) -> dict[str, Tensor]:
    """Those of `products` that TensorFlow answers differently."""
    return {"cumprod": products(x)["cumprod"]}


def _gradient(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(function(x).sum(), x)
    return gradient
