"""Models at full size: how long weights take to move and what memory that needs, and what a forward pass and a training step cost in Keras' graph mode
against PyTorch on one thread each.

python -m benchmarks.models [PATTERN]

Measured on a busy machine of two cores, torch 2.13.0, Keras 3.15.1 on TensorFlow 2.21.0; milliseconds of one processor, and Keras over torch:

                      forward                     training step
    ResNet-50          182.8   98.3  0.54         596.0  392.8  0.66
    VGG-16             241.6  167.1  0.69         884.0  644.9  0.73
    ViT-B              422.8  187.7  0.44        1419.4  613.1  0.43
    LSTM                 2.0    3.9  1.94           7.0   12.1  1.74

Weights move in 0.54 s (VGG-16), 0.41 s (ResNet-152) and 0.45 s (ViT-B), with 0, 7.8 and 0.1 MiB beyond the model.
"""

import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from parity.worker import initialize

MOST_SECONDS, MOST_MEMORY, GOAL = 1.0, 1.2, 1.2  # of a transfer; of its largest tensor, beyond the model; ratio of the table, a goal
TURNS = 5
CAUSES = {"LSTM": "a loop over time in TensorFlow runs its kernels one by one; PyTorch's is one fused kernel of oneDNN"}
Step = Callable[[], Any]

MODELS: dict[str, tuple[str, dict[str, Any], tuple[int, ...]]] = {  # builder below `models`, its words, the images
    "VGG-16": ("vgg16", {}, (1, 3, 224, 224)),
    "ResNet-152": ("resnet152", {}, (1, 3, 224, 224)),
    "ResNet-50": ("resnet50", {}, (2, 3, 224, 224)),
    "ViT-B": ("vit_b_16", {}, (1, 3, 224, 224)),
}
MOVED, TIMED = ("VGG-16", "ResNet-152", "ViT-B"), ("ResNet-50", "VGG-16", "ViT-B", "LSTM")
LSTM = {"input_size": 64, "hidden_size": 128, "batch_first": True}


def transfer(name: str) -> tuple[float, float, float]:
    """Seconds of the second of two transfers, its peak of memory beyond what was there, and the largest tensor, both in MiB."""
    import torch

    import tf_impl.models
    import torch_ref.models
    from tf_impl.checkpoints import from_pretrained

    builder, words, _ = MODELS[name]
    with torch.device("meta"):
        shapes = {key: (tensor.shape, tensor.dtype) for key, tensor in getattr(torch_ref.models, builder)(**words).state_dict().items()}
    state = {key: torch.rand(shape) if dtype.is_floating_point else torch.zeros(shape, dtype=dtype) for key, (shape, dtype) in shapes.items()}
    twin = getattr(tf_impl.models, builder)(**words)
    from_pretrained(twin, state)
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here
    before, started = _memory("VmRSS"), time.perf_counter()
    from_pretrained(twin, state)
    taken = time.perf_counter() - started
    return taken, _memory("VmHWM") - before, max(tensor.numel() * tensor.element_size() for tensor in state.values()) / 2**20


def _memory(key: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) / 2**10


def torch_steps(name: str) -> tuple[Step, Step]:
    """A forward pass in evaluation, and a training step."""
    import torch

    import torch_ref.models
    from torch_ref import layers

    torch.set_num_threads(1)
    x, labels = _batch(name)
    model = layers.LSTM(**LSTM) if name == "LSTM" else getattr(torch_ref.models, MODELS[name][0])(**MODELS[name][1])
    x, labels = torch.from_numpy(x), torch.from_numpy(labels)
    optimizer, loss = torch.optim.SGD(model.parameters(), lr=2.0**-10), torch.nn.CrossEntropyLoss()

    def forward() -> None:
        model.eval()
        with torch.no_grad():
            model(x)

    def train() -> None:
        model.train()
        optimizer.zero_grad()
        outputs = model(x)
        loss(outputs[0][:, -1] if name == "LSTM" else outputs, labels).backward()
        optimizer.step()

    return forward, train


def keras_steps(name: str) -> tuple[Step, Step]:
    """The same as `tf.function`."""
    import tensorflow as tf

    import tf_impl.models
    from tf_impl import layers
    from tf_impl.losses import CrossEntropyLoss
    from tf_impl.optimizers import SGD

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    x, labels = _batch(name)
    model = layers.LSTM(**LSTM) if name == "LSTM" else getattr(tf_impl.models, MODELS[name][0])(**MODELS[name][1])
    x, labels = tf.constant(x if name == "LSTM" else x.transpose(0, 2, 3, 1)), tf.constant(labels)
    model(x)
    optimizer, loss, variables = SGD(lr=2.0**-10), CrossEntropyLoss(), model.trainable_variables
    optimizer.build(variables)

    @tf.function
    def forward(x: Any) -> Any:
        return model(x, training=False)

    @tf.function
    def train(x: Any, labels: Any) -> None:
        with tf.GradientTape() as tape:
            outputs = model(x, training=True)
            value = loss(outputs[0][:, -1] if name == "LSTM" else outputs, labels)
        optimizer.apply(tape.gradient(value, [v.value for v in variables]), variables)

    return lambda: forward(x), lambda: train(x, labels)


def _batch(name: str) -> tuple[np.ndarray, np.ndarray]:
    shape = (32, 50, 64) if name == "LSTM" else MODELS[name][2]
    rng = np.random.default_rng(0)
    return rng.normal(0, 1, shape).astype("float32"), rng.integers(0, 100, shape[0])


def seconds(side: str, name: str) -> tuple[float, float]:
    """Of the processor, the median of several turns, warm."""
    told = []
    for step in {"torch": torch_steps, "keras": keras_steps}[side](name):
        step()
        turns = []
        for _ in range(TURNS):
            started = time.process_time()
            step()
            turns.append(time.process_time() - started)
        told.append(float(np.median(turns)))
    return told[0], told[1]


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """In a process of its own."""
    with get_context("spawn").Pool(1, initialize, ({"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}, None)) as pool:
        return pool.apply(function, arguments)


def main(pattern: str = "") -> bool:
    """Prints the tables; False where a transfer is over its budget. The ratios are a goal."""
    within = True
    print(f"{'weights, PyTorch to Keras':28}{'s':>8}{'MiB more':>10}{'largest':>10}{'ratio':>8}   at most {MOST_SECONDS:g} s, {MOST_MEMORY} of the largest")
    for name in (name for name in MOVED if pattern.lower() in f"move {name}".lower()):
        taken, more, largest = alone(transfer, name)
        good = more <= MOST_MEMORY * largest and (taken <= MOST_SECONDS)
        within &= good
        print(f"{name:28}{taken:8.2f}{more:10.1f}{largest:10.1f}{more / largest:8.2f}{'' if good else '   over'}", flush=True)
    print(f"\n{'one thread, processor ms':28}{'torch':>10}{'Keras':>10}{'ratio':>8}   goal {GOAL}")
    for name in (name for name in TIMED if pattern.lower() in f"time {name}".lower()):
        torch, keras = alone(seconds, "torch", name), alone(seconds, "keras", name)
        for what, one, two in zip(("forward", "training step"), torch, keras, strict=True):
            print(
                f"{name + ', ' + what:28}{one * 1e3:10.1f}{two * 1e3:10.1f}{two / one:8.2f}{'' if two / one <= GOAL else '   above: ' + CAUSES.get(name, '?')}",
                flush=True,
            )
    return within


if __name__ == "__main__":
    sys.exit(not main(*sys.argv[1:]))
