"""One of the processes of `data_parallel`: `python -m torch_ref.distributed._replica FOLDER RANK WORLD`."""

import sys
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

from torch_ref.saving._seeded import fill

VARIANTS = {"plain_mean": (False, "mean"), "sync_mean": (True, "mean"), "sync_sum": (True, "sum")}
RATE = 2.0**-4


class SyncBatchNorm2d(nn.BatchNorm2d):
    """Normalises by the statistics of all processes' batches; `nn.SyncBatchNorm` does so on GPUs only."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        count = all_reduce(x.new_tensor(x.numel() // x.shape[1]))
        mean = all_reduce(x.sum((0, 2, 3))) / count
        centred = x - mean[:, None, None]
        variance = all_reduce(centred.square().sum((0, 2, 3))) / count
        with torch.no_grad():
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_var += self.momentum * (variance * count / (count - 1) - self.running_var)
        return centred / torch.sqrt(variance + self.eps)[:, None, None] * self.weight[:, None, None] + self.bias[:, None, None]


class Net(nn.Module):
    """conv 3×3 – normalisation – ReLU – mean – scores."""

    def __init__(self, norm: type[nn.Module]) -> None:
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 4, 3), norm(4), nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


def train(model: nn.Module, x: Tensor, labels: Tensor, steps: int, reduction: str, factor: float) -> dict[str, np.ndarray]:
    """Some steps; the first gradient, and weights and statistics at the end."""
    optimizer, first = torch.optim.SGD(model.parameters(), lr=RATE), None
    net = model.module if isinstance(model, DistributedDataParallel) else model
    for _ in range(steps):
        optimizer.zero_grad()
        (factor * cross_entropy(model(x), labels, reduction=reduction)).backward()
        first = net.conv.weight.grad.clone() if first is None else first
        optimizer.step()
    found = {"gradient": first, "weight": net.conv.weight, "scores_weight": net.fc.weight, "mean": net.norm.running_mean, "variance": net.norm.running_var}
    return {name: tensor.detach().numpy().copy() for name, tensor in found.items()}


def started(norm: type[nn.Module]) -> nn.Module:
    net = Net(norm)
    fill(net)
    return net


def main(folder: str, rank: int, world: int) -> None:
    given = np.load(Path(folder) / "inputs.npz")
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64 if given["x"].dtype == np.float64 else torch.float32)
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=world)
    x, labels, steps = torch.from_numpy(given["x"]), torch.from_numpy(given["labels"]), int(given["steps"])
    mine = slice(rank * len(x) // world, (rank + 1) * len(x) // world)
    told: dict[str, object] = {"replicas": world}
    alone = {kind: train(started(nn.BatchNorm2d), x, labels, steps, kind, 1.0) for kind in ("mean", "sum")}
    for name, (synchronised, reduction) in VARIANTS.items():
        one, norm = alone[reduction], SyncBatchNorm2d if synchronised else nn.BatchNorm2d
        factor = float(world) if reduction == "sum" else 1.0  # DDP divides the sum of the gradients by the number of processes
        two = train(DistributedDataParallel(started(norm)), x[mine], labels[mine], steps, reduction, factor)
        told |= {f"{name}_one_{key}": value for key, value in one.items()} | {f"{name}_two_{key}": value for key, value in two.items()}
        told[f"{name}_as_one_device"] = all(np.allclose(two[key], one[key], rtol=1e-4, atol=1e-5) for key in one)
        if synchronised:
            bare = train(DistributedDataParallel(started(norm)), x[mine], labels[mine], 1, reduction, 1.0)
            told[f"{name}_gradient_without_a_factor"] = round(float(np.linalg.norm(bare["gradient"]) / np.linalg.norm(one["gradient"])), 4)
    try:
        nn.SyncBatchNorm(4)(torch.ones(2, 4, 3, 3))
        told["own_layer_on_the_cpu"] = "runs"
    except ValueError:
        told["own_layer_on_the_cpu"] = "refuses"
    if rank == 0:
        np.savez(Path(folder) / "outputs.npz", **told)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
