r"""Padding under stride: as much on both sides (PyTorch's number) or the odd pixel at the end (Keras' "same").

| | rows before | rows after | at k = 3, stride 2, n even |
|---|---|---|---|
| `padding=k // 2` | k // 2 | k // 2 | 1, 1 |
| "same" | total // 2 | total − total // 2 | 0, 1 |

with total = max((⌈n/s⌉ − 1) s + k − n, 0). Both give ⌈n/s⌉ pixels, one pixel apart where n is even.

Shapes: x (n, h, w, c), weight (out, c, k, k) in PyTorch's axes.

Differs from PyTorch:
    A port that writes "same" for `padding=k // 2` is shifted by one pixel wherever total is odd: every second layer of a ResNet, on even sizes.
    Nothing raises; the outputs are as far apart as they are large (15.1 measured for normal inputs and weights of 3x3x2).
    PyTorch refuses "same" with a stride.

Source: PyTorch's documentation, "Conv2d"; TensorFlow's documentation, `tf.nn.convolution`; the notes, "same mode".
"""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def symmetric(x: Float[Tensor, "n h w c"], weight: Float[Tensor, "o c k k"], stride: int) -> Float[Tensor, "n h2 w2 o"]:
    """PyTorch's way: k // 2 on each side, and a valid convolution."""
    side = weight.shape[-1] // 2
    return _conv(ops.pad(x, ((0, 0), (side, side), (side, side), (0, 0))), weight, stride, "valid")


def same(x: Float[Tensor, "n h w c"], weight: Float[Tensor, "o c k k"], stride: int) -> Float[Tensor, "n h2 w2 o"]:
    """Keras' way."""
    return _conv(x, weight, stride, "same")


def as_written(x: Float[Tensor, "n h w c"], weight: Float[Tensor, "o c k k"], stride: int) -> dict[str, Tensor | list[int]]:
    """`padding=k // 2` there, `padding="same"` here: a port by the names. In PyTorch's axes, to be compared."""
    output = same(x, weight, stride)
    return {"output": ops.transpose(output, (0, 3, 1, 2)), "size": list(output.shape[1:3])}


def refused(x: Float[Tensor, "n h w c"]) -> dict[str, bool | str | list[int] | None]:
    """`padding="same"` with a stride."""
    return {
        **attempt("same_with_stride", lambda: keras.layers.Conv2D(2, 3, strides=2, padding="same")(x)),
        "size": list(keras.layers.Conv2D(2, 3, strides=2, padding="same")(x).shape[1:3]),
    }


def _conv(x: Tensor, weight: Tensor, stride: int, padding: str) -> Tensor:
    return ops.conv(x, ops.transpose(weight, (2, 3, 1, 0)), strides=stride, padding=padding, data_format="channels_last")
