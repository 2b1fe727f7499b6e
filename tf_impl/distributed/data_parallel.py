r"""One machine, several devices: each takes its part of the batch, gradients are added up, every copy of a variable takes the same step.

$$ g = \sum_r \nabla_\theta \ell_r \;=\; R\,\nabla_\theta \ell \quad\text{for a mean over equal parts}, \qquad \nabla_\theta \ell \quad\text{for a sum} $$

Shapes: x (N, H, W, 3), labels (N,), N a multiple of the number of devices.

Differs from PyTorch:
    `tf.distribute` adds gradients up, DDP averages them: with a mean loss a replica divides it by the number of replicas (losses given to `compile` do so by
    themselves), otherwise the gradient is twice that of one device; with a sum nothing is to do, whereas in DDP it is half and the loss is multiplied.
    One process with several devices (`MirroredStrategy`) or several (`MultiWorkerMirroredStrategy`); DDP has one process a device.
    Running statistics of plain batch normalisation are the first replica's on both sides. Synchronised ones work on the CPU too.
    Two logical devices on one CPU have to be asked for before TensorFlow starts; so the run has a process of its own.

Source: TensorFlow's guide "Distributed training"; Keras' guide "Multi-GPU distributed training with TensorFlow".
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from keras import ops

from tf_impl.typing import Tensor

_REPLICAS = 2


def data_parallel(x: Float[Tensor, "n h w 3"], labels: Int[Tensor, " n"], steps: int) -> dict[str, Tensor | str | bool | float]:
    """The same steps on one device and on two virtual ones (`MirroredStrategy`): first gradient, weights and running statistics after `steps`.

    Raises:
        ValueError: the batch cannot be split evenly.
        RuntimeError: the process failed; its last words.
    """
    with tempfile.TemporaryDirectory() as folder:
        _hand_over(folder, x, labels, steps)
        _wait([_start(folder)], limit=None)
        return _told(Path(folder) / "outputs.npz")


def multi_worker(x: Float[Tensor, "n h w 3"], labels: Int[Tensor, " n"], steps: int) -> dict[str, Tensor | str | bool | float]:
    """The same in two processes (`MultiWorkerMirroredStrategy`), each told by `TF_CONFIG` who the others are and which it is; what the first says.

    Raises:
        ValueError, RuntimeError: as `data_parallel`; also where the workers do not end within 150 seconds or end with other weights.
    """
    with tempfile.TemporaryDirectory() as folder:
        _hand_over(folder, x, labels, steps)
        addresses = [f"127.0.0.1:{port}" for port in _free_ports()]
        workers = []
        for index in range(_REPLICAS):
            config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
            workers.append(_start(folder, TF_CONFIG=json.dumps(config)))
        _wait(workers, limit=150)
        first, *others = (_told(Path(folder) / f"outputs-{index}.npz") for index in range(_REPLICAS))
    shared = [name for name in first if name.endswith(("weight", "gradient")) or name.startswith("sync")]  # plain statistics are each worker's own
    apart = [name for other in others for name in shared if not np.array_equal(first[name], other[name])]
    if apart:
        raise RuntimeError(f"the workers ended with different {', '.join(apart)}")
    return first


def _hand_over(folder: str, x: Tensor, labels: Tensor, steps: int) -> None:
    if len(x) % _REPLICAS:
        raise ValueError(f"`x` must hold a multiple of {_REPLICAS} examples, one part for each process, got {len(x)}.")
    images, classes = np.moveaxis(ops.convert_to_numpy(x), -1, 1), ops.convert_to_numpy(labels)
    np.savez(Path(folder) / "inputs.npz", x=images, labels=classes, steps=steps)


def _start(folder: str, **told: str) -> subprocess.Popen:
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow", **told}
    return subprocess.Popen([sys.executable, "-m", "tf_impl.distributed._replica", folder], env=environment, stderr=subprocess.PIPE, text=True)


def _wait(processes: list[subprocess.Popen], limit: float | None) -> None:
    """Ends them all, whatever comes of them."""
    try:
        words = [process.communicate(timeout=limit)[1] for process in processes]
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"a process of {len(processes)} did not end within {limit} seconds") from error
    finally:
        for process in processes:
            process.kill()
    if any(process.returncode for process in processes):
        raise RuntimeError(f"a process of {len(processes)} failed: {' '.join(words)[-400:]}")


def _told(path: Path) -> dict[str, Tensor | str | bool | float]:
    return {name: value.item() if value.shape == () else value for name, value in dict(np.load(path)).items()}


def _free_ports() -> list[int]:
    """Two that nobody listens on; both are held until both are known."""
    with socket.socket() as one, socket.socket() as two:
        for found in (one, two):
            found.bind(("127.0.0.1", 0))
        return [one.getsockname()[1], two.getsockname()[1]]
