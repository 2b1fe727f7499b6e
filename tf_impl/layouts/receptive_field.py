r"""What one output pixel sees, and what it costs: receptive fields and parameter counts.

$$ r_l = r_{l-1} + (k_l - 1)\, d_l\, j_{l-1}, \qquad j_l = j_{l-1}\, s_l, \qquad r_0 = j_0 = 1 $$

for kernel k, dilation d, stride s; j is how many input pixels one step of layer l is.

Two 3x3 see as much as one 5x5, three as much as one 7x7, with 18 and 27 for 25 and 49 weights a pair of channels.

Shapes: counts and sizes are numbers.

Differs from PyTorch:
    A layer has parameters only once it is built: `count_params` raises before.

Source: the notes, "感受野", "VGG", "GoogLeNet" (100x100x128 by 5x5 to 256, with and without 1x1 to 32); Szegedy et al. 2015, arXiv:1409.4842.
"""

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import ops


def receptive_field(layers: Sequence[tuple[int, int, int]]) -> dict[str, int]:
    """By arithmetic, and seen: which input pixels move the middle of the output.

    Args:
        layers: (kernel, stride, dilation) of each, from the input on.
    """
    field, jump = 1, 1
    for kernel, stride, dilation in layers:
        field += (kernel - 1) * dilation * jump
        jump *= stride
    x = tf.zeros((1, field + 2 * jump, field + 2 * jump + 1, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for kernel, stride, dilation in layers:
            weight = ops.ones((kernel, kernel, 1, 1), x.dtype)
            y = y[:, ::stride, ::stride] if kernel == 1 else _dilated(y, weight, stride, dilation)
        pixel = y[0, 1, 1, 0]
    seen = np.abs(tape.gradient(pixel, x)[0, ..., 0]).sum(1)
    (rows,) = seen.nonzero()
    return {"field": field, "jump": jump, "seen": int(rows[-1] - rows[0] + 1), "first_row_seen": int(rows[0])}


def stack_parameters(channels: int) -> dict[str, int]:
    """Weights of stacks that see the same: 5x5 against two 3x3, 7x7 against three."""

    def count(*kernels: int) -> int:
        return sum(_built(keras.layers.Conv2D(channels, k, use_bias=False), channels).count_params() for k in kernels)

    return {"one_5x5": count(5), "two_3x3": count(3, 3), "one_7x7": count(7), "three_3x3": count(3, 3, 3)}


def bottleneck(height: int, width: int, inputs: int, reduced: int, outputs: int) -> dict[str, int | float]:
    """A 5x5 convolution directly, and behind a 1x1 that reduces the channels first. Counted on layers; multiplications from their outputs' sizes."""
    direct = [keras.layers.Conv2D(outputs, 5, padding="same", use_bias=False)]
    through = [keras.layers.Conv2D(reduced, 1, use_bias=False), keras.layers.Conv2D(outputs, 5, padding="same", use_bias=False)]

    def told(layers: list[keras.layers.Layer]) -> tuple[int, int, list[int]]:
        x, products = keras.Input((height, width, inputs)), 0
        for layer in layers:
            x = layer(x)
            products += x.shape[1] * x.shape[2] * layer.count_params()
        return sum(layer.count_params() for layer in layers), products, list(x.shape[1:])

    (parameters, products, shape), (fewer, fewer_products, same_shape) = told(direct), told(through)
    return {
        "direct_parameters": parameters,
        "reduced_parameters": fewer,
        "direct_products": products,
        "reduced_products": fewer_products,
        "times_fewer": round(parameters / fewer, 2),
        "output_shape": shape,
        "same_output": shape == same_shape,
    }


def _dilated(x: tf.Tensor, weight: tf.Tensor, stride: int, dilation: int) -> tf.Tensor:
    """Keras takes a stride or a dilation, not both: the stride is taken from the full result."""
    y = ops.conv(x, weight, strides=1, padding="valid", dilation_rate=dilation, data_format="channels_last")
    return y[:, ::stride, ::stride]


def _built(layer: keras.layers.Layer, channels: int) -> keras.layers.Layer:
    layer.build((None, 9, 9, channels))
    return layer
