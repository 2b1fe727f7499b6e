r"""What saturation does to gradients: they vanish with depth, share a sign behind a sigmoid, and stop in dead units.

$$ \frac{d}{dx}\,f^{(n)}(x) = \prod_{k < n} f'\bigl(f^{(k)}(x)\bigr), \qquad \sigma' \le \tfrac14, \quad \tanh' \le 1, \quad \mathrm{ReLU}' \in \{0, 1\} $$

Shapes: `repeated` keeps its input's shape; `unit` takes weights (D,), inputs (N, D) and gives (N,); `dead_units` takes pre-activations (N, units).

>>> x = torch.tensor(0.5, requires_grad=True)
>>> for f in ("sigmoid", "tanh", "relu"):
...     print(f, f"{torch.autograd.grad(repeated(x, f, times=20), x)[0]:.1e}")
sigmoid 1.1e-13
tanh 1.1e-01
relu 1.0e+00
>>> w = torch.tensor([0.5, -0.3, 0.2], requires_grad=True)  # one sample: after a sigmoid all weights are pulled the same way
>>> for f in ("sigmoid", "tanh"):
...     print(f, torch.autograd.grad(unit(w, torch.tensor([[1.0, -2.0, 0.1]]), f).sum(), w)[0].sign())
sigmoid tensor([1., 1., 1.])
tanh tensor([ 1., -1.,  1.])
>>> dead_units(torch.tensor([[-1.0, 2.0, -3.0], [-2.0, -1.0, 0.0]]))  # the last one touches 0, where the gradient is 0 too
{'dead': [True, False, True], 'share': tensor(0.6667)}

Source: the notes, "激活函数": sigmoid's three drawbacks, "Dead ReLU Problem".
"""

from typing import Any

import torch


def repeated(input: torch.Tensor, activation: str = "sigmoid", times: int = 10) -> torch.Tensor:
    """The activation of the activation of …: a network of depth `times` with all weights 1."""
    for _ in range(times):
        input = getattr(torch, activation)(input)
    return input


def unit(weight: torch.Tensor, inputs: torch.Tensor, activation: str = "sigmoid") -> torch.Tensor:
    """A linear unit whose inputs come out of an activation."""
    return getattr(torch, activation)(inputs) @ weight


def dead_units(preactivations: torch.Tensor) -> dict[str, Any]:
    """Which units a ReLU lets nothing through for any sample, so that no gradient ever moves them."""
    dead = (preactivations <= 0).all(dim=0)
    return {"dead": dead.tolist(), "share": dead.to(preactivations.dtype).mean()}
