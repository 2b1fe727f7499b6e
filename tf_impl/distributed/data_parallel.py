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

import os
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
    if len(x) % _REPLICAS:
        raise ValueError(f"`x` must hold a multiple of {_REPLICAS} examples, one part for each process, got {len(x)}.")
    with tempfile.TemporaryDirectory() as folder:
        images, classes = np.moveaxis(ops.convert_to_numpy(x), -1, 1), ops.convert_to_numpy(labels)
        np.savez(Path(folder) / "inputs.npz", x=images, labels=classes, steps=steps)
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}
        done = subprocess.run([sys.executable, "-m", "tf_impl.distributed._replica", folder], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"the process with two devices failed: {done.stderr[-400:]}")
        found = dict(np.load(Path(folder) / "outputs.npz"))
    return {name: value.item() if value.shape == () else value for name, value in found.items()}
