"""Stop when the validation metric no longer gets better, and go back to the best weights. PyTorch has none; the words are Keras'.

Shapes: x (N, features), y (N, 1); metrics are numbers, one an epoch.

>>> import torch
>>> model = torch.nn.Linear(1, 1)
>>> stopping = EarlyStopping(model, patience=2)
>>> [stopping.step(metric) for metric in (3.0, 2.0, 2.5, 2.25)], stopping.best_epoch
([False, False, False, True], 1)

Source: the notes, "overfitting"; Prechelt 1998, "Early stopping – but when?"; Keras' documentation of `EarlyStopping`.
"""

import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from torch_ref.schedules.reduce_lr_on_plateau import ReduceLROnPlateau


class EarlyStopping:
    """Notes one metric an epoch; true once `patience` epochs in a row were no better than the best by more than `min_delta`."""

    def __init__(self, model: nn.Module, patience: int = 0, min_delta: float = 0.0, mode: str = "min", restore_best_weights: bool = True) -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"`mode` must be 'min' or 'max', got {mode!r}.")
        self.model, self.patience, self.min_delta, self.mode, self.restore = model, patience, abs(min_delta), mode, restore_best_weights
        self.best, self.best_epoch, self.epoch, self.wait = None, 0, -1, 0
        self._weights: dict[str, Tensor] = {}

    def step(self, metric: float) -> bool:
        """Whether to stop; the model then has its best weights again."""
        self.epoch, self.wait = self.epoch + 1, self.wait + 1
        if self._better(metric, self.min_delta if self.best is not None else 0.0):
            self.best, self.best_epoch, self.wait = metric, self.epoch, 0
            self._weights = copy.deepcopy(self.model.state_dict())
        elif self.wait >= self.patience:
            if self.restore:
                self.model.load_state_dict(self._weights)
            return True
        return False

    def _better(self, metric: float, delta: float) -> bool:
        if self.best is None:
            return True
        return metric < self.best - delta if self.mode == "min" else metric > self.best + delta


def observe_stopping(metrics: list[float], patience: int, min_delta: float, mode: str) -> dict[str, int | float | bool | list[bool]]:
    """Fed metrics: when it stops, which epoch was best, and whether its weights are back."""
    model = nn.Linear(1, 1, bias=False)
    stopping = EarlyStopping(model, patience, min_delta, mode)
    answers = []
    for epoch, metric in enumerate(metrics):
        nn.init.constant_(model.weight, float(epoch))
        answers.append(stopping.step(metric))
        if answers[-1]:
            break
    return {"answers": answers, "best_epoch": stopping.best_epoch, "best": stopping.best, "weight": model.weight.item()}


def keep_the_best(x: Tensor, y: Tensor, x_val: Tensor, y_val: Tensor, epochs: int, patience: int) -> dict[str, Tensor | int]:
    """A net with more weights than points: training and validation loss by epoch, the rate under a plateau schedule, and the best weights at the end."""
    from torch_ref.saving._seeded import fill

    net = nn.Sequential(nn.Linear(x.shape[1], 16), nn.Tanh(), nn.Linear(16, 1))
    fill(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.25)
    schedule, stopping = ReduceLROnPlateau(optimizer, factor=0.5, patience=2), EarlyStopping(net, patience)
    losses, validation, rates = [], [], []
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            metric = mse_loss(net(x_val), y_val)
        losses, validation, rates = [*losses, loss.detach()], [*validation, metric], [*rates, optimizer.param_groups[0]["lr"]]
        schedule.step(metric.item())
        if stopping.step(metric.item()):
            break
    return {
        "losses": torch.stack(losses),
        "validation": torch.stack(validation),
        "rates": torch.tensor(rates, dtype=x.dtype),
        "stopped_at": len(losses),
        "best_epoch": stopping.best_epoch,
        "best_weight": net[0].weight.detach(),
        "validation_of_the_best": mse_loss(net(x_val), y_val).detach(),
    }
