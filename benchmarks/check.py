"""`parity.check`: seconds of a small pair, and a ResNet-50 at 224² beside its plain forward and backward passes, in one process."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def small_pair(repeats: int = 5) -> float:
    """The median of a convolution, a norm and a dense layer on 16×16 images, gradients included, after the imports."""
    import keras
    import torch

    import parity

    modules = [torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(2048, 10)]
    reference = torch.nn.Sequential(*modules)
    layers = [keras.layers.Conv2D(8, 3, padding="same"), keras.layers.BatchNormalization(epsilon=1e-5), keras.layers.ReLU()]
    port = keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.Flatten(), keras.layers.Dense(10)])
    x = np.random.default_rng(0).normal(size=(2, 3, 16, 16)).astype(np.float32)
    assert parity.check(reference, port, x).ok
    return float(np.median([seconds(lambda: parity.check(reference, port, x)) for _ in range(repeats)]))


def resnet50(size: int = 224, batch: int = 2) -> dict[str, float]:
    """The check against the four passes it needs at least: torch and Keras, float64 and float32, forward and backward."""
    import keras
    import torch

    import parity
    from tf_impl.models.resnet import resnet50 as twin
    from torch_ref.models.resnet import resnet50 as reference

    x = np.random.default_rng(0).normal(size=(batch, 3, size, size)).astype(np.float32)
    mine, theirs = reference(), twin()
    mine.eval()

    def torch_pass(dtype: Any) -> None:
        model = mine.to(dtype)
        model(torch.from_numpy(x).to(dtype)).sum().backward()
        model.zero_grad()

    def keras_pass(dtype: str) -> None:
        import tensorflow as tf

        from parity.frameworks import get

        adapter: Any = get("keras")
        with adapter.precision(dtype), adapter.cast(theirs, dtype), tf.GradientTape() as tape:
            value = tf.reduce_sum(theirs(tf.constant(np.moveaxis(x, 1, -1), dtype), training=False))
        tape.gradient(value, theirs.trainable_variables)

    theirs(keras.ops.zeros((1, size, size, 3)))
    passes = {"torch float32": lambda: torch_pass(torch.float32), "torch float64": lambda: torch_pass(torch.float64)}
    passes |= {"Keras float32": lambda: keras_pass("float32"), "Keras float64": lambda: keras_pass("float64")}
    found = {name: min(seconds(call) for _ in range(2)) for name, call in passes.items()}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    mine.to(torch.float32)
    found["check"] = seconds(lambda: parity.check(mine, theirs, x))
    found["ratio"] = found["check"] / sum(found[name] for name in passes)
    found["peak GiB before"] = before / 2**20
    found["peak GiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return found


def main() -> None:
    print(f"small pair: {small_pair():.2f} s (goal 0.5)")
    for name, value in resnet50().items():
        print(f"ResNet-50 224², batch 2, {name}: {value:.2f}")


if __name__ == "__main__":
    main()
