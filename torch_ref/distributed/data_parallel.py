r"""One machine, several processes: each takes its part of the batch, gradients are averaged, every process takes the same step.

$$ g = \tfrac1R \sum_r \nabla_\theta \ell_r = \nabla_\theta \ell \text{ for a mean over equal parts}, \quad \tfrac1R \nabla_\theta \ell \text{ for a sum} $$

Shapes: x (N, 3, H, W), labels (N,), N a multiple of the number of processes.

>>> import torch
>>> told = data_parallel(torch.randn(8, 3, 6, 5), torch.tensor([0, 1, 2, 3, 4, 0, 1, 2]), steps=1)
>>> told["sync_mean_as_one_device"], told["sync_sum_gradient_without_a_factor"], told["plain_mean_as_one_device"]
(True, 0.5, False)

Batch normalisation is not the same on parts of a batch: each process uses its own statistics, and the first one's are kept. With synchronised statistics two
processes are one device; PyTorch's `SyncBatchNorm` refuses tensors on the CPU, so that the reference adds up the statistics itself.

Source: the notes' link to one-machine parallel training; Li et al. 2020, arXiv:2006.15704; PyTorch's documentation, "DistributedDataParallel".
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

_REPLICAS = 2


def data_parallel(x: Tensor, labels: Tensor, steps: int) -> dict[str, Tensor | str | bool | float]:
    """The same steps on one device and in two processes (gloo): first gradient, weights and running statistics after `steps`.

    Raises:
        ValueError: the batch cannot be split evenly.
        RuntimeError: a process failed; its last words.
    """
    if len(x) % _REPLICAS:
        raise ValueError(f"`x` must hold a multiple of {_REPLICAS} examples, one part for each process, got {len(x)}.")
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "inputs.npz", x=x.numpy(), labels=labels.numpy(), steps=steps)
        environment = os.environ | {"GLOO_SOCKET_IFNAME": os.environ.get("GLOO_SOCKET_IFNAME", "lo"), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "torch_ref.distributed._replica", folder]
        processes = [subprocess.Popen([*command, str(rank), str(_REPLICAS)], env=environment, stderr=subprocess.PIPE, text=True) for rank in range(_REPLICAS)]
        words = [process.communicate()[1] for process in processes]
        if any(process.returncode for process in processes):
            raise RuntimeError(f"a process of two failed: {' '.join(words)[-400:]}")
        found = dict(np.load(Path(folder) / "outputs.npz"))
    return {name: value.item() if value.shape == () else torch.from_numpy(value) for name, value in found.items()}


def multi_worker(x: Tensor, labels: Tensor, steps: int) -> dict[str, Tensor | str | bool | float]:
    """The same with workers that find each other by address: DDP has no other way, so this is `data_parallel`.

    Raises:
        ValueError, RuntimeError: as `data_parallel`.
    """
    return data_parallel(x, labels, steps)
