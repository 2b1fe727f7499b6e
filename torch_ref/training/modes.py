"""Training and evaluation mode, and whether gradients are tracked: two switches that have nothing to do with each other.

Shapes: x (N, 3), N images of features; the net is Linear – BatchNorm1d – Dropout.

>>> import torch
>>> told = observe_modes(torch.randn(8, 3))
>>> told["starts_in_training"], told["statistics_move_in_evaluation"], told["evaluation_tracks_gradients"], told["no_grad_tracks_gradients"]
(True, False, True, False)

Source: the notes, "model mode" (`model.train()`, `model.eval()`, `torch.set_grad_enabled(phase == 'train')`); their "eval still computes gradients" is right.
"""

import torch
from torch import Tensor, nn


def observe_modes(x: Tensor) -> dict[str, Tensor | bool]:
    """What each mode does, found by doing it."""
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5))
    with torch.no_grad():
        net[0].weight.copy_(torch.arange(12.0).reshape(4, 3) / 8 - 0.75)
        net[0].bias.fill_(0.25)
    told: dict[str, Tensor | bool] = {"starts_in_training": net.training}
    norm = net[1]

    net.eval()
    before = norm.running_mean.clone()
    told["evaluation_before"] = net(x).detach()
    told["evaluation_repeats"] = torch.equal(net(x), net(x))
    told["statistics_move_in_evaluation"] = not torch.equal(norm.running_mean, before)

    net.train()
    told["training_drops"] = bool((net(x.repeat(8, 1)) == 0).any())
    norm.reset_running_stats()
    net(x)
    told["statistics_move_in_training"] = not torch.equal(norm.running_mean, before)
    told["running_mean"], told["running_variance"] = norm.running_mean.clone(), norm.running_var.clone()

    net.eval()
    told["evaluation_after"] = net(x).detach()
    told["evaluation_tracks_gradients"] = net(x).requires_grad
    with torch.no_grad():
        told["no_grad_tracks_gradients"] = net(x).requires_grad
        before = norm.running_mean.clone()
        net.train()
        net(x)
        told["statistics_move_without_gradients"] = not torch.equal(norm.running_mean, before)
    for phase in ("train", "validate"):
        with torch.set_grad_enabled(phase == "train"):
            told[f"{phase}_has_gradients"] = net.train(phase == "train")(x).requires_grad
    return told
