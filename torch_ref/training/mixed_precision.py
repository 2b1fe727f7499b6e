r"""Mixed precision: weights in float32, products in half precision, and a loss that is scaled so that small gradients do not vanish in float16.

$$ g = \tfrac1s \nabla_\theta (s\,\ell), \qquad
   s \leftarrow \begin{cases} s/2, \text{ and no step} & g \text{ not finite} \\ 2s & k \text{ finite steps in a row} \\ s & \text{else} \end{cases} $$

Shapes: x (N, 6), labels (N,); `scales` one number a step.

>>> import torch
>>> told = observe_autocast(torch.randn(4, 6), torch.tensor([0, 1, 2, 0]), "bfloat16")
>>> told["linear"], told["softmax"], told["weight"], told["gradient"]
('bfloat16', 'bfloat16', 'float32', 'float32')

On CUDA autocast takes softmax in float32; its list for the CPU does not.

Source: Micikevicius et al. 2018, arXiv:1710.03740; the notes' link to mixed precision; PyTorch's documentation, "Automatic mixed precision".
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy


def observe_autocast(x: Tensor, labels: Tensor, dtype: str) -> dict[str, str | bool]:
    """What is computed in which type, and whether the result is as near to float32 as the half type allows."""
    linear, x = _linear(), x.float()
    with torch.autocast("cpu", getattr(torch, dtype)):
        hidden = linear(x)
        probabilities = torch.softmax(hidden, -1)
        loss = cross_entropy(hidden, labels)
    loss.backward()
    full = linear(x)
    eps = torch.finfo(getattr(torch, dtype)).eps
    return {
        "linear": _name(hidden),
        "softmax": _name(probabilities),
        "loss": _name(loss),
        "weight": _name(linear.weight),
        "gradient": _name(linear.weight.grad),
        "near_float32": bool((hidden.float() - full).abs().max() <= 4 * eps * full.abs().max()),
        "not_float32": bool((hidden.float() != full).any()),
    }


def loss_scaling(multipliers: list[float], init_scale: float, growth_interval: int) -> dict[str, list[float]]:
    """Steps on ℓ = m·w with fed multipliers m, some of them not finite: the scale after each, and where the weight is."""
    weight = nn.Parameter(torch.tensor([1.0]))
    optimizer = torch.optim.SGD([weight], lr=2.0**-4)
    scaler = torch.amp.GradScaler("cpu", init_scale=init_scale, growth_interval=growth_interval)
    scales, weights = [], []
    for multiplier in multipliers:
        optimizer.zero_grad()
        scaler.scale((weight * multiplier).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
        weights.append(weight.item())
    return {"scales": scales, "weights": weights}


def train_mixed(x: Tensor, labels: Tensor, dtype: str, steps: int) -> dict[str, Tensor | str | bool | float]:
    """The same steps in float32 and in mixed precision, scaled."""
    x = x.float()
    plain, mixed = _train(x, labels, "float32", steps), _train(x, labels, dtype, steps)
    eps = torch.finfo(getattr(torch, dtype)).eps
    return {
        "weights_are": _name(mixed["weight"]),
        "final_scale": mixed["scale"],
        "loss_falls": bool(mixed["losses"][-1] < mixed["losses"][0]),
        "near_float32": bool((mixed["weight"] - plain["weight"]).abs().max() <= 16 * eps * plain["weight"].abs().max()),
        "not_float32": not torch.equal(mixed["weight"], plain["weight"]),
    }


def _train(x: Tensor, labels: Tensor, dtype: str, steps: int) -> dict:
    linear = _linear()
    optimizer = torch.optim.SGD(linear.parameters(), lr=2.0**-3)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**15, enabled=dtype == "float16")
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        with torch.autocast("cpu", getattr(torch, dtype), enabled=dtype != "float32"):
            loss = cross_entropy(linear(x), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        losses.append(loss.item())
    return {"losses": losses, "weight": linear.weight.detach(), "scale": scaler.get_scale()}


def _linear() -> nn.Linear:
    linear = nn.Linear(6, 3, dtype=torch.float32)
    with torch.no_grad():
        linear.weight.copy_(torch.sin(torch.arange(18.0, dtype=torch.float32)).reshape(3, 6))
        linear.bias.copy_(torch.tensor([0.25, -0.5, 0.125]))
    return linear


def _name(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
