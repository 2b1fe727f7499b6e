r"""What every scheduler shares: it sets the rate of an optimizer, once a call of `step`. PyTorch's own base class, the reference.

$$ \gamma_{t+1} = f(\gamma_t, t + 1), \qquad \gamma_0 = \texttt{group["lr"]} $$

A subclass says in `get_lr` which rate follows. `step` comes after `optimizer.step`: before it, the first rate is lost. How often it is called decides
what t counts: batches or epochs.

>>> order()["after"], order()["before"]
(tensor([1.0000, 0.5000, 0.2500]), tensor([0.5000, 0.2500, 0.1250]))
>>> granularity(epochs=3, steps_per_epoch=2)["rates"]
tensor([1.0000, 1.0000, 0.5000, 0.5000, 0.2500, 0.2500])

Source: PyTorch's documentation, "How to adjust learning rate".
"""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import LRScheduler as LRScheduler

from torch_ref.optimizers import SGD
from torch_ref.schedules._trace import made


class _Halving(LRScheduler):
    def get_lr(self) -> list[float]:
        return [group["lr"] / 2 if self.last_epoch else group["lr"] for group in self.optimizer.param_groups]


def _optimizer() -> SGD:
    weight = torch.nn.Parameter(torch.tensor(0.0))
    weight.grad = torch.ones_like(weight)
    return SGD([weight], lr=1.0)


def order() -> dict[str, Tensor | bool]:
    """The rates three updates use when the scheduler is stepped after them, as it should be, and before."""
    rates = {}
    for name, before in (("after", False), ("before", True)):
        optimizer = _optimizer()
        scheduler = _Halving(optimizer)
        used = []
        with warnings.catch_warnings(record=True, action="always") as caught:
            for _ in range(3):
                if before:
                    scheduler.step()
                used.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                if not before:
                    scheduler.step()
        rates |= {name: torch.tensor(used), f"{name}_warns": any(w.category is UserWarning for w in caught)}
    return rates


def granularity(epochs: int, steps_per_epoch: int) -> dict[str, Tensor]:
    """The rate of every update when the scheduler counts epochs."""
    optimizer = _optimizer()
    scheduler = _Halving(optimizer)
    used = []
    for _ in range(epochs):
        for _ in range(steps_per_epoch):
            used.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
        scheduler.step()
    return {"rates": torch.tensor(used)}


def refusals(schedules: Sequence[tuple[str, Mapping[str, Any]]], optimizer: tuple[str, Mapping[str, Any]] = ("SGD", {"lr": 0.1})) -> dict[str, bool]:
    """Whether schedulers with these arguments are refused, when they are made or at the latest in their second step."""
    told = {}
    for name, config in schedules:
        try:
            _, scheduler = made((name, config), optimizer, torch.nn.Parameter(torch.tensor(0.0)))
            for _ in range(2):
                with warnings.catch_warnings(action="ignore", category=UserWarning):
                    scheduler.step(*((1.0,) if name == "ReduceLROnPlateau" else ()))
            refused = False
        except (ValueError, TypeError, ArithmeticError):
            refused = True
        told[f"{name} {dict(config)}"] = refused
    return told
