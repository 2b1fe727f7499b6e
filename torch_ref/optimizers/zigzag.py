r"""A long valley: gradient descent zigzags from wall to wall, and what momentum and per-axis steps make of it.

$$ f(x, y) = \frac{x^2}{20} + y^2, \qquad \nabla f = \left(\frac{x}{10},\; 2y\right) $$

The gradient hardly ever points at the minimum: y is steep, x is flat.

Shapes: start (2,), every path (steps + 1, 2); the valley (25, 33) over `along` and `across`.

>>> import torch
>>> told = paths(torch.tensor([-7.0, 2.0]))
>>> [told[f"turns.{name}"] for name in ("SGD", "momentum", "Adagrad", "RMSprop", "Adam")]
[29, 4, 0, 0, 2]

Source: the notes, "SGD": 之-shaped paths, milder with momentum; the function and the rates of SGD, momentum, Adagrad and Adam are those of Saitoh 2016,
"Deep learning from scratch", 6.1.
"""

import torch
from torch import Tensor

from torch_ref.optimizers.adagrad import Adagrad as _Adagrad
from torch_ref.optimizers.adam import Adam as _Adam
from torch_ref.optimizers.rmsprop import RMSprop as _RMSprop
from torch_ref.optimizers.sgd import SGD as _SGD

_DESCENTS = {
    "SGD": (_SGD, {"lr": 0.95}),
    "momentum": (_SGD, {"lr": 0.1, "momentum": 0.9}),
    "Adagrad": (_Adagrad, {"lr": 1.5}),
    "RMSprop": (_RMSprop, {"lr": 0.3, "alpha": 0.9}),
    "Adam": (_Adam, {"lr": 0.3}),
}
_VISIBLE = 1e-3  # smaller moves are no turn


def paths(start: Tensor, steps: int = 30) -> dict[str, Tensor | int]:
    """The valley; where each optimizer goes, how often it turns between the walls, and how high it ends."""
    across, along = torch.linspace(-8.0, 8.0, 33), torch.linspace(-3.0, 3.0, 25)
    told: dict[str, Tensor | int] = {"across": across, "along": along, "valley": across**2 / 20 + along[:, None] ** 2}
    for name, (kind, config) in _DESCENTS.items():
        point = torch.nn.Parameter(start.clone())
        optimizer = kind([point], **config)
        path = [start]
        for _ in range(steps):
            optimizer.zero_grad()
            _height(point).backward()
            optimizer.step()
            path.append(point.detach().clone())
        told[name] = torch.stack(path)
        moves = torch.diff(told[name][:, 1])
        told[f"turns.{name}"] = int((moves[1:] * moves[:-1] < -(_VISIBLE**2)).sum())
        told[f"height.{name}"] = _height(point.detach())
    return told


def _height(point: Tensor) -> Tensor:
    return point[0] ** 2 / 20 + point[1] ** 2
