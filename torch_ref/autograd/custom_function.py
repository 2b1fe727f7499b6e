r"""A function with a hand-written gradient: `torch.autograd.Function`, and `gradcheck`, which tests it by finite differences.

$$ \operatorname{log1pexp}(x) = \log(1 + e^x), \qquad \frac{d}{dx} = 1 - \frac{1}{1 + e^x} $$

Derived by the chain rule the gradient is $\frac{1}{1+e^x}\,e^x$: ∞/∞ = NaN where $e^x$ overflows. Written by hand it is 1.

Shapes: x any, results the same.

>>> import torch
>>> told = custom_function(torch.tensor([0.0, 1000.0]))
>>> told["gradient"], told["chain_rule_gradient"]
(tensor([0.5000, 1.0000]), tensor([0.5000,    nan]))
>>> gradient_check(torch.tensor([0.5, -2.0]))
{'right_gradient_passes': True, 'wrong_gradient_passes': False}

Source: the notes, "1.5 Autograd": Function defines the forward and the backward pass. The straight-through estimator: Bengio et al. 2013, arXiv:1308.3432.
"""

import torch
from torch import Tensor


class _Log1pExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        e = torch.exp(x)
        ctx.save_for_backward(e)
        return torch.log(1 + e)

    @staticmethod
    def backward(ctx, upstream: Tensor) -> Tensor:
        (e,) = ctx.saved_tensors
        return upstream * (1 - 1 / (1 + e))


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        return torch.round(x)

    @staticmethod
    def backward(ctx, upstream: Tensor) -> Tensor:
        return upstream  # as if nothing had been rounded


class _Wrong(_Log1pExp):
    @staticmethod
    def backward(ctx, upstream: Tensor) -> Tensor:
        (e,) = ctx.saved_tensors
        return upstream * (1 - 1 / (1 + 2 * e))


def custom_function(x: Tensor) -> dict[str, Tensor]:
    """Value and gradient, by hand and by the chain rule."""
    value, gradient = _with_gradient(_Log1pExp.apply, x)
    _, chain_rule = _with_gradient(lambda x: torch.log(1 + torch.exp(x)), x)
    return {"value": value, "gradient": gradient, "chain_rule_gradient": chain_rule}


def straight_through(x: Tensor) -> dict[str, Tensor]:
    """Rounding, whose own gradient is zero, with the gradient of the identity."""
    value, gradient = _with_gradient(_StraightThrough.apply, x)
    return {"value": value, "gradient": gradient}


def gradient_check(x: Tensor) -> dict[str, bool]:
    """Finite differences in float64 against a right and a wrong gradient."""
    x = x.detach().double().requires_grad_()
    return {
        "right_gradient_passes": torch.autograd.gradcheck(_Log1pExp.apply, x),
        "wrong_gradient_passes": torch.autograd.gradcheck(_Wrong.apply, x, raise_exception=False),
    }


def _with_gradient(function, x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.detach().requires_grad_()
    value = function(x)
    value.sum().backward()
    return value, x.grad
