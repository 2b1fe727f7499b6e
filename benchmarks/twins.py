"""A training step of a twin against the Keras layer or optimizer that it replaces, both as compiled graphs.

python -m benchmarks.twins

Layers: forward and backward, gradients of the input and of every weight. Optimizers: one update of a small network's weights.
Twin and Keras take turns in one process, on one thread; times are the processor's, so that what else the machine does stays out of them.
Ratios: the median of those of the turns, and the quartiles around it.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf

from tf_impl import layers, optimizers

MOST_RATIO = 1.2
TURNS, SECONDS = 41, 0.03  # of each side, and about how long each is
WEIGHTS = [(3, 3, 3, 32), (32,), (3, 3, 32, 64), (64,), (3, 3, 64, 128), (128,), (1152, 256), (256,), (256, 256), (256,), (256, 10), (10,)]

Step = Callable[[], Any]


def trained(layer: Any, *shape: int, call: Callable[[Any, tf.Tensor], Any] = lambda layer, x: layer(x, training=True)) -> Step:
    """Forward and backward of a layer on inputs of this shape."""
    x = tf.constant(np.random.default_rng(0).normal(0, 1, shape).astype("float32"))
    call(layer, x)

    @tf.function
    def step(x: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = tf.nest.flatten(call(layer, x))[0]
        return tape.gradient(outputs, [x, *layer.trainable_variables])

    return lambda: step(x)


def updated(optimizer: Any) -> Step:
    """An update of all weights."""
    rng = np.random.default_rng(0)
    variables = [keras.Variable(rng.normal(0, 1, shape).astype("float32")) for shape in WEIGHTS]
    gradients = [tf.constant(rng.normal(0, 1, shape).astype("float32")) for shape in WEIGHTS]
    optimizer.build(variables)
    step = tf.function(lambda gradients: optimizer.apply(gradients, variables))
    return lambda: step(gradients)


def lstm(twin: bool, batch: int, steps: int, features: int, hidden: int) -> Step:
    layer = layers.LSTM(features, hidden, batch_first=True) if twin else keras.layers.LSTM(hidden, return_sequences=True, return_state=True)
    return trained(layer, batch, steps, features)


def attention(twin: bool, weights: bool) -> Step:
    if twin:
        layer = layers.MultiheadAttention(64, 4, batch_first=True)
        return trained(layer, 16, 32, 64, call=lambda layer, x: layer(x, x, x, need_weights=weights, training=True))
    layer = keras.layers.MultiHeadAttention(4, 16)
    return trained(layer, 16, 32, 64, call=lambda layer, x: layer(x, x, return_attention_scores=weights, training=True))


PAIRS: dict[str, tuple[Callable[[], Step], Callable[[], Step]]] = {
    "Conv2d 3×3, 16×32×32×32": (
        lambda: trained(layers.Conv2d(32, 32, 3, padding=1), 16, 32, 32, 32),
        lambda: trained(keras.layers.Conv2D(32, 3, padding="same"), 16, 32, 32, 32),
    ),
    "Conv2d 3×3, 4×8×8×16": (
        lambda: trained(layers.Conv2d(16, 16, 3, padding=1), 4, 8, 8, 16),
        lambda: trained(keras.layers.Conv2D(16, 3, padding="same"), 4, 8, 8, 16),
    ),
    "BatchNorm2d 16×32×32×32": (
        lambda: trained(layers.BatchNorm2d(32), 16, 32, 32, 32),
        lambda: trained(keras.layers.BatchNormalization(), 16, 32, 32, 32),
    ),
    "BatchNorm2d 4×8×8×16": (
        lambda: trained(layers.BatchNorm2d(16), 4, 8, 8, 16),
        lambda: trained(keras.layers.BatchNormalization(), 4, 8, 8, 16),
    ),
    "LSTM 8×10×16 → 32": (lambda: lstm(True, 8, 10, 16, 32), lambda: lstm(False, 8, 10, 16, 32)),
    "LSTM 32×50×64 → 128": (lambda: lstm(True, 32, 50, 64, 128), lambda: lstm(False, 32, 50, 64, 128)),
    "MultiheadAttention 16×32×64, 4 heads": (lambda: attention(True, False), lambda: attention(False, False)),
    "  with its weights": (lambda: attention(True, True), lambda: attention(False, True)),
    "Adam, 12 weights": (lambda: updated(optimizers.Adam(1e-3)), lambda: updated(keras.optimizers.Adam(1e-3))),
    "SGD, 12 weights": (lambda: updated(optimizers.SGD(1e-3)), lambda: updated(keras.optimizers.SGD(1e-3))),
    "SGD with momentum, 12 weights": (lambda: updated(optimizers.SGD(1e-3, momentum=0.9)), lambda: updated(keras.optimizers.SGD(1e-3, momentum=0.9))),
}


def seconds(step: Step, times: int) -> float:
    """Of the processor, for one step."""
    started = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - started) / times


def measured(twin: Step, plain: Step) -> np.ndarray:
    """(turns, 2): seconds of a step of the twin and of Keras, which go first by turns."""
    for step in (twin, plain):
        seconds(step, 3)  # traced and warm
    times = max(1, int(SECONDS / seconds(plain, 3)))
    turns = []
    for turn in range(TURNS):
        order = (0, 1) if turn % 2 else (1, 0)
        found = {side: seconds((twin, plain)[side], times) for side in order}
        turns.append((found[0], found[1]))
    return np.array(turns)


def main(pattern: str = "") -> bool:
    """Prints the table; False where a twin takes too long."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    print(f"{'':40}{'twin, ms':>10}{'Keras, ms':>11}{'ratio':>8}{'quartiles':>14}   at most {MOST_RATIO}")
    within = True
    for name, (twin, plain) in PAIRS.items():
        if pattern.lower() not in name.lower():
            continue
        turns = measured(twin(), plain())
        low, ratio, high = np.percentile(turns[:, 0] / turns[:, 1], [25, 50, 75])
        ours, theirs = np.median(turns, axis=0) * 1e3
        within &= bool(ratio <= MOST_RATIO)
        print(f"{name:40}{ours:10.3f}{theirs:11.3f}{ratio:8.2f}{low:8.2f} – {high:.2f}{'' if ratio <= MOST_RATIO else '   over'}", flush=True)
    return within


if __name__ == "__main__":
    sys.exit(not main(*sys.argv[1:]))
