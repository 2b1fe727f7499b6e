"""A checkpoint every N steps, whole or absent, and a run that goes on from it to the very numbers it would have had.

What has to be kept: weights and buffers, the optimizer's state, the step; the order of the examples and the dropout masks follow from seed and step.

Shapes: x (N, features), y (N, 1); `losses` one number a step.

>>> import tempfile, torch
>>> x, y = torch.randn(12, 3), torch.randn(12, 1)
>>> told = stop_and_go(x, y, steps=9, every=4, stopped=6)
>>> told["went_on_from"], told["same_to_the_bit"]
(4, True)

Source: the notes, "linear model" (a long run may crash: better keep its results on disk); PyTorch's tutorial "Saving and loading a general checkpoint".
"""

import os
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

_FILE = "checkpoint.pt"


def train(x: Tensor, y: Tensor, steps: int, every: int, folder: str, until: int | None = None) -> dict[str, Tensor | int]:
    """Trains up to `steps`, from the folder's checkpoint if there is one, and writes one every `every` steps. `until` ends earlier, without writing."""
    from torch_ref.saving._seeded import fill

    net = nn.Sequential(nn.Linear(x.shape[1], 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, 1)).to(x.dtype)
    fill(net)
    optimizer = torch.optim.Adam(net.parameters(), lr=2.0**-6)
    path, begun, losses = Path(folder) / _FILE, 0, []
    if path.is_file():
        kept = torch.load(path, weights_only=True)
        net.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        begun = kept["step"]
    for step in range(begun, steps if until is None else until):
        chosen = np.random.default_rng(step).permutation(len(x))[: len(x) // 2]  # from the step alone: nothing to keep
        optimizer.zero_grad()
        loss = mse_loss(net(x[chosen]), y[chosen])
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        if (step + 1) % every == 0:
            _write({"model": net.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}, path)
    return {"losses": torch.stack(losses) if losses else x.new_zeros(0), "weight": net[0].weight.detach(), "begun": begun}


def _write(state: dict, path: Path) -> None:
    """Beside it first, then renamed: whoever reads finds the old one or the new one, never a half."""
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    torch.save(state, beside)
    beside.replace(path)


def stop_and_go(x: Tensor, y: Tensor, steps: int, every: int, stopped: int) -> dict[str, Tensor | int | bool]:
    """A run in one go, and one that ends after `stopped` steps and goes on from its last checkpoint."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        straight = train(x, y, steps, every, one)
        train(x, y, steps, every, two, until=stopped)
        resumed = train(x, y, steps, every, two)
    same = torch.equal(straight["losses"][resumed["begun"] :], resumed["losses"]) and torch.equal(straight["weight"], resumed["weight"])
    return {"losses": straight["losses"], "weight": straight["weight"], "went_on_from": resumed["begun"], "same_to_the_bit": same}
