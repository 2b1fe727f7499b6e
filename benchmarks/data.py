"""Batches per second of the loader's twin over tf.data against PyTorch's DataLoader.

python -m benchmarks.data

Both sides take turns in one process, without workers; a turn is an epoch, read to its end. Times are the wall's, because tf.data fetches in threads of its own.
Ratios: twin's time over DataLoader's, the median of those of the turns.
"""

import os
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np
import tensorflow as tf
import torch

import tf_impl.datasets as there
import tf_impl.transforms as layers
import torch_ref.datasets as here
import torch_ref.transforms as transforms

MOST_RATIO = 1.2
TURNS = 7
Epoch = Callable[[], Any]


def tensors(n: int, batch_size: int, shuffle: bool) -> tuple[Epoch, Epoch]:
    """Rows of 784 numbers, in memory."""
    rng = np.random.default_rng(0)
    x, y = rng.random((n, 784), np.float32), rng.integers(0, 10, n)
    reference = here.DataLoader(here.TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), batch_size, shuffle=shuffle)
    return lambda: list(reference), reading(there.DataLoader(there.TensorDataset(x, y), batch_size, shuffle=shuffle))


def images(directory: str, n: int, batch_size: int, *changes: tuple[str, dict[str, Any]]) -> tuple[Epoch, Epoch]:
    """MNIST's files with n images, each transformed as it is read."""
    rng = np.random.default_rng(0)
    for name, shape in (("train-images-idx3-ubyte", (n, 28, 28)), ("train-labels-idx1-ubyte", (n,))):
        content = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + rng.integers(0, 10, shape, np.uint8).tobytes()
        Path(directory, name).write_bytes(content)
    reference, twin = (package.Compose([getattr(package, name)(**words) for name, words in changes]) for package in (transforms, layers))
    loader = here.DataLoader(here.MNIST(directory, transform=reference), batch_size)
    return lambda: list(loader), reading(there.DataLoader(there.MNIST(directory, transform=twin), batch_size))


def reading(loader: there.DataLoader) -> Epoch:
    """To the end, keeping nothing."""

    def epoch() -> None:
        for _ in loader:
            pass

    return epoch


def ratio(reference: Epoch, twin: Epoch) -> tuple[float, float, float]:
    """Seconds of an epoch of both, and the median of the ratios."""
    taken = []
    for _ in range(TURNS + 1):  # the first is not counted: graphs are traced
        pair = []
        for epoch in (reference, twin):
            started = time.perf_counter()
            epoch()
            pair.append(time.perf_counter() - started)
        taken.append(pair)
    times = np.array(taken[1:])
    return float(np.median(times[:, 0])), float(np.median(times[:, 1])), float(np.median(times[:, 1] / times[:, 0]))


def main() -> int:
    torch.set_num_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    to_tensor, normalize = ("ToTensor", {}), ("Normalize", {"mean": (0.1307,), "std": (0.3081,)})
    with tempfile.TemporaryDirectory() as directory:
        rows = {
            "tensors, batches of 64": (20_000, 64, tensors(20_000, 64, False)),
            "tensors, batches of 256, shuffled": (20_000, 256, tensors(20_000, 256, True)),
            "MNIST, ToTensor": (6_400, 64, images(directory, 6_400, 64, to_tensor)),
            "MNIST, ToTensor, Normalize": (6_400, 64, images(directory, 6_400, 64, to_tensor, normalize)),
        }
        print("| | DataLoader, batches/s | twin, batches/s | time, twin / DataLoader |\n|---|---|---|---|")
        over = False
        for name, (n, batch_size, sides) in rows.items():
            reference, twin, apart = ratio(*sides)
            over |= apart > MOST_RATIO
            count = -(-n // batch_size)
            print(f"| {name} | {count / reference:,.0f} | {count / twin:,.0f} | {apart:.2f} |", flush=True)
    print(f"\nBudget: {MOST_RATIO}")
    return int(over)


if __name__ == "__main__":
    sys.exit(main())
