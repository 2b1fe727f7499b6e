"""`parity.check`: time and memory of a small pair, of a ResNet-50 and of a model with 1 GB of weights, each in a fresh process.

    python -m benchmarks.check [small] [time] [memory] [large]

`time`: a ResNet-50 at 224², batch 2, evaluation, both precisions, all layers, gradients, in one process after its four plain forward and backward passes.
`memory`: the high-water mark (`ru_maxrss`) of the check, and of one float64 training step (forward, backward, SGD) of either framework alone.
`large`: the same for a dense network of 268 million weights.

On 2 quiet cores: a small pair 0.08 s; ResNet-50 5.1, 5.8 and 6.0 times the four passes (a third of it is waiting for the disk), 2.32 GiB where PyTorch's step
takes 1.27 and Keras' 1.67; 1.07 GB of weights 63 s and 9.13 GiB, where the steps take 4.29 and 5.44.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

SIZE, BATCH = 224, 2
WIDTH, DEPTH = 8192, 4  # 4 · 8192² weights: 1.07 GB in float32
SECONDS, PASSES, STEPS, GIB = 0.5, 6.0, 1.5, 12.0  # what a small pair may take, the check in plain passes and in steps' memory, the large model in all


def seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def peak() -> float:
    """GiB, of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


# Models: (PyTorch's, an input); (Keras', an input)


def torch_resnet() -> tuple[Any, np.ndarray]:
    import torch

    from torch_ref.models.resnet import resnet50

    torch.manual_seed(0)
    return resnet50().eval(), drawn(BATCH, 3, SIZE, SIZE)


def keras_resnet() -> tuple[Any, np.ndarray]:
    from tf_impl.models.resnet import resnet50

    model = resnet50()
    model(np.zeros((1, SIZE, SIZE, 3), np.float32))
    return model, np.moveaxis(drawn(BATCH, 3, SIZE, SIZE), 1, -1)


def torch_dense() -> tuple[Any, np.ndarray]:
    import torch

    return torch.nn.Sequential(*[m for _ in range(DEPTH) for m in (torch.nn.Linear(WIDTH, WIDTH), torch.nn.ReLU())]), drawn(BATCH, WIDTH)


def keras_dense() -> tuple[Any, np.ndarray]:
    import keras

    return keras.Sequential([keras.Input((WIDTH,)), *[keras.layers.Dense(WIDTH, "relu") for _ in range(DEPTH)]]), drawn(BATCH, WIDTH)


# What one process does


def small() -> dict[str, float]:
    """The median of a convolution, a norm and a dense layer on 16×16 images, gradients included, after the imports."""
    import keras
    import torch

    import parity

    modules = [torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(2048, 10)]
    reference = torch.nn.Sequential(*modules)
    layers = [keras.layers.Conv2D(8, 3, padding="same"), keras.layers.BatchNormalization(epsilon=1e-5), keras.layers.ReLU()]
    port = keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.Flatten(), keras.layers.Dense(10)])
    x = drawn(2, 3, 16, 16)
    first = seconds(lambda: parity.check(reference, port, x))
    assert parity.check(reference, port, x).ok
    return {"first s": first, "s": float(np.median([seconds(lambda: parity.check(reference, port, x)) for _ in range(5)]))}


def torch_step(make: Callable[[], tuple[Any, np.ndarray]]) -> dict[str, float]:
    """One float64 training step of PyTorch alone."""
    import torch

    model, x = make()
    model.double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.from_numpy(x).double()).sum().backward()
    optimizer.step()
    return {"peak GiB": peak()}


def keras_step(make: Callable[[], tuple[Any, np.ndarray]]) -> dict[str, float]:
    """One float64 training step of Keras alone."""
    import keras
    import tensorflow as tf

    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    model, x = make()
    optimizer = keras.optimizers.SGD(0.1)
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(model(tf.constant(x, tf.float64)))
    optimizer.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)
    return {"peak GiB": peak()}


def checked(torch_make: Callable[[], tuple[Any, np.ndarray]], keras_make: Callable[[], tuple[Any, np.ndarray]]) -> dict[str, float]:
    """The check alone: `before` has both models built in float32."""
    import parity

    (mine, x), (theirs, _) = torch_make(), keras_make()
    before = peak()
    reports: list[Any] = []
    spent = seconds(lambda: reports.append(parity.check(mine, theirs, x)))
    assert reports[0].ok, str(reports[0])
    return {"before GiB": before, "peak GiB": peak(), "s": spent, "weights GB": sum(p.numel() for p in mine.parameters()) * 4e-9}


def timed() -> dict[str, float]:
    """The check against the four passes it needs at least: torch and Keras, float64 and float32, forward and backward."""
    import tensorflow as tf
    import torch

    import parity
    from parity.frameworks import get

    (mine, x), (theirs, y) = torch_resnet(), keras_resnet()
    adapter: Any = get("keras")

    def torch_pass(dtype: Any) -> None:
        model = mine.to(dtype)
        model(torch.from_numpy(x).to(dtype)).sum().backward()
        model.zero_grad()

    def keras_pass(dtype: str) -> None:
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(theirs(tf.constant(y, dtype), training=False))
        tape.gradient(value, theirs.trainable_variables)

    found: dict[str, float] = {}
    for dtype in ("float32", "float64"):
        mine.to(getattr(torch, dtype))
        found[f"torch {dtype} s"] = min(seconds(lambda: torch_pass(getattr(torch, dtype))) for _ in range(3))  # noqa: B023
        with adapter.precision(dtype), adapter.cast(theirs, dtype):
            found[f"Keras {dtype} s"] = min(seconds(lambda: keras_pass(dtype)) for _ in range(3))  # noqa: B023
    mine.float()
    reports: list[Any] = []
    found["check s"] = seconds(lambda: reports.append(parity.check(mine, theirs, x)))
    assert reports[0].ok, str(reports[0])
    return found


PARTS: dict[str, dict[str, Callable[[], dict[str, float]]]] = {
    "small": {"a small pair": small},
    "time": {"ResNet-50": timed},
    "memory": {
        "ResNet-50, PyTorch's float64 step": lambda: torch_step(torch_resnet),
        "ResNet-50, Keras' float64 step": lambda: keras_step(keras_resnet),
        "ResNet-50, check": lambda: checked(torch_resnet, keras_resnet),
    },
    "large": {
        "1 GB of weights, PyTorch's float64 step": lambda: torch_step(torch_dense),
        "1 GB of weights, Keras' float64 step": lambda: keras_step(keras_dense),
        "1 GB of weights, check": lambda: checked(torch_dense, keras_dense),
    },
}


def over(part: str, found: dict[str, dict[str, float]]) -> bool:
    """Whether a part exceeds its budget; says by how much of it."""
    values = list(found.values())
    if part == "small":
        ratio, budget, told = values[0]["s"], SECONDS, "seconds"
    elif part == "time":
        ratio, budget, told = values[0]["check s"] / sum(v for k, v in values[0].items() if k.startswith(("torch", "Keras"))), PASSES, "times the four passes"
    else:
        ratio, budget, told = values[2]["peak GiB"] / max(values[0]["peak GiB"], values[1]["peak GiB"]), STEPS, "times the larger step's peak"
    print(f"    {ratio:.2f} {told} (budget {budget:g})", flush=True)
    return ratio > budget if part != "large" else values[2]["peak GiB"] > GIB


def main() -> int:
    """Runs the parts named on the command line, or all; this process imports no framework, so that a child's high-water mark is its own."""
    if sys.argv[1:2] == ["--only"]:
        print(json.dumps(PARTS[sys.argv[2]][sys.argv[3]]()))
        return 0
    failed = False
    for part in sys.argv[1:] or PARTS:
        results: dict[str, dict[str, float]] = {}
        for name in PARTS[part]:
            command = [sys.executable, "-m", "benchmarks.check", "--only", part, name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                print(f"{name}: exit code {done.returncode}\n{done.stderr[-2000:]}", flush=True)
                continue
            results[name] = json.loads(done.stdout.splitlines()[-1])
            print(f"{name}: {', '.join(f'{key} {value:.2f}' for key, value in results[name].items())}", flush=True)
        failed |= len(results) < len(PARTS[part]) or over(part, results)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
