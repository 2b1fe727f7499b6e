"""MNIST epochs of the notes' perceptron (784-512-512-10) and of LeNet: the Keras twin's step as a graph, compiled by XLA and in `fit`, against PyTorch's loop.

    PARITY_DATA=… python -m benchmarks.training          # without the data: numbers of the same shape
    python -m benchmarks.training 2                      # two threads each; only on an idle machine, where they need not wait for each other

All take turns in one process, 60 batches of 64 at a time, from the same batches in memory, with the same number of threads. A time is the median of the
turns, as seconds of the clock for an epoch of 937 batches; a ratio is the median of the turns' ratios to PyTorch's turn beside it, so that a busy machine
slows both.
On the CPU, on one thread, XLA's 5×5 convolutions take forward and backward 1.5 (6 to 16 channels) to 1.9 times (1 to 6) as long as the graph's, its dense
layers a third and its averages two thirds: the perceptron gains by XLA, LeNet loses.
Exits with 1 where the better of graph and XLA takes more than 1.2 times as long as PyTorch.
"""

import os
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np

BATCH, EPOCH, TURNS, STEPS, MOST = 64, 937, 7, 60, 1.2
RATE = 0.0625
Step = Callable[[np.ndarray, np.ndarray], object]


def data(size: int) -> tuple[np.ndarray, np.ndarray, str]:
    """Training images (N, 1, size, size) and labels, and where they come from."""
    from parity.datasets import load, missing

    if not missing("mnist"):
        images, labels = load("mnist", size)
        return images[: BATCH * STEPS].copy(), labels[: BATCH * STEPS].copy(), "MNIST"
    rng = np.random.default_rng(0)
    return rng.random((BATCH * STEPS, 1, size, size), np.float32), rng.integers(0, 10, BATCH * STEPS), "drawn numbers of MNIST's shape"


def torch_step(model: object) -> Step:
    import torch

    loss, optimizer = torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=RATE)

    def step(x: np.ndarray, y: np.ndarray) -> float:
        optimizer.zero_grad()
        value = loss(model(torch.from_numpy(x)), torch.from_numpy(y))
        value.backward()
        optimizer.step()
        return value.item()

    return step


def keras_step(model: object, jit: bool) -> Step:
    import tensorflow as tf

    from tf_impl.losses.cross_entropy import CrossEntropyLoss
    from tf_impl.optimizers.sgd import SGD

    loss, optimizer, variables = CrossEntropyLoss(), SGD(RATE), model.trainable_variables
    optimizer.build(variables)

    @tf.function(jit_compile=jit)
    def compiled(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            value = loss(model(x, training=True), y)
        optimizer.apply(tape.gradient(value, [v.value for v in variables]), variables)
        return value

    return lambda x, y: float(compiled(tf.constant(np.moveaxis(x, 1, -1)), tf.constant(y)))


def turns(steps: dict[str, Step], images: np.ndarray, labels: np.ndarray) -> dict[str, list[float]]:
    """Seconds for an epoch, by name, one number a turn; the first turn of each, which builds, is left out."""
    order = np.random.default_rng(0).permutation(len(images))[: BATCH * STEPS].reshape(-1, BATCH)
    batches = [(images[chosen], labels[chosen]) for chosen in order]
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(TURNS + 1):
        for name, step in steps.items():
            started = time.perf_counter()
            for x, y in batches if turn else batches[:2]:
                step(x, y)
            if turn:
                taken[name].append((time.perf_counter() - started) / len(batches) * EPOCH)
    return taken


def fit_step(model: object, images: np.ndarray, labels: np.ndarray) -> Callable[[], object]:
    """The whole turn at once: `fit` on as many batches."""
    from tf_impl.losses import CrossEntropyLoss, keras_loss
    from tf_impl.optimizers.sgd import SGD

    model.compile(SGD(RATE), keras_loss(CrossEntropyLoss()), jit_compile=False)
    return lambda: model.fit(images, labels, batch_size=BATCH, verbose=0, shuffle=False)


def main(threads: int = 1) -> bool:
    """Prints the table; False where the budget is exceeded."""
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    import tensorflow as tf
    import torch

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    torch.set_num_threads(threads)
    from tf_impl.models import lenet as keras_lenet
    from tf_impl.models import mlp as keras_mlp
    from torch_ref.models import lenet, mlp

    within = True
    print(f"{'':12}{'':>8}{'PyTorch':>10}{'graph':>10}{'XLA':>10}{'fit':>10}{'graph':>10}{'XLA':>10}{'fit':>10}")
    for name, size, pair in (("MLP", 28, (mlp.FashionMLP, keras_mlp.FashionMLP)), ("LeNet", 32, (lenet.LeNet, keras_lenet.LeNet))):
        images, labels, source = data(size)
        models = {kind: pair[1]() for kind in ("graph", "XLA", "fit")}
        for model in models.values():
            model(np.moveaxis(images[:1], 1, -1))
        steps = {"PyTorch": torch_step(pair[0]()), "graph": keras_step(models["graph"], False), "XLA": keras_step(models["XLA"], True)}
        taken = turns(steps, images, labels)
        fit = fit_step(models["fit"], np.moveaxis(images, 1, -1), labels)
        fit()
        taken["fit"], beside = [], []
        for _ in range(TURNS):
            started = time.perf_counter()
            fit()
            middle = time.perf_counter()
            for i in range(0, BATCH * STEPS, BATCH):
                steps["PyTorch"](images[i : i + BATCH], labels[i : i + BATCH])
            taken["fit"].append((middle - started) / STEPS * EPOCH)
            beside.append((time.perf_counter() - middle) / STEPS * EPOCH)
        ratios = [median(a / b for a, b in zip(taken[kind], beside if kind == "fit" else taken["PyTorch"], strict=True)) for kind in ("graph", "XLA", "fit")]
        seconds = "".join(f"{median(taken[kind]):10.2f}" for kind in ("PyTorch", "graph", "XLA", "fit"))
        print(
            f"{name:12}{'s/epoch':>8}{seconds}" + "".join(f"{ratio:9.2f}x" for ratio in ratios) + f"   {source}, {threads} thread{'s' * (threads > 1)}",
            flush=True,
        )
        within &= min(ratios[:2]) <= MOST
    print(f"\nThe better of graph and XLA: at most {MOST} times PyTorch's epoch.")
    return within


if __name__ == "__main__":
    sys.exit(not main(*map(int, sys.argv[1:2])))
