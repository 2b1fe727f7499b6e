r"""Padding under stride: as much on both sides (PyTorch's number) or the odd pixel at the end (Keras' "same").

| | rows before | rows after | at k = 3, stride 2, n even |
|---|---|---|---|
| `padding=k // 2` | k // 2 | k // 2 | 1, 1 |
| "same" | total // 2 | total − total // 2 | 0, 1 |

with total = max((⌈n/s⌉ − 1) s + k − n, 0). Both give ⌈n/s⌉ pixels, one pixel apart where n is even.

Shapes: x (n, c, h, w), weight (out, c, k, k).

>>> import torch
>>> refused(torch.ones(1, 1, 4, 4))["same_with_stride_error"]
"ValueError: padding='same' is not supported for strided convolutions"

Source: PyTorch's documentation, "Conv2d"; TensorFlow's documentation, `tf.nn.convolution`; the notes, "same mode".
"""

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from torch_ref.tensors._refusal import attempt


def symmetric(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """PyTorch's way: k // 2 on each side."""
    return conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2)


def same(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """Keras' way, which PyTorch refuses by name and takes when padded by hand."""
    k = weight.shape[-1]
    sides = []
    for n in reversed(x.shape[2:]):  # F.pad begins with the last axis
        total = max((-(-n // stride) - 1) * stride + k - n, 0)
        sides += [total // 2, total - total // 2]
    return conv2d(pad(x, sides), weight, stride=stride)


def as_written(x: Tensor, weight: Tensor, stride: int) -> dict[str, Tensor | list[int]]:
    """`padding=k // 2` here, `padding="same"` there: a port by the names."""
    output = symmetric(x, weight, stride)
    return {"output": output, "size": list(output.shape[2:])}


def refused(x: Tensor) -> dict[str, bool | str | list[int] | None]:
    """`padding="same"` with a stride."""
    return {
        **attempt("same_with_stride", lambda: torch.nn.Conv2d(x.shape[1], 2, 3, stride=2, padding="same")(x)),
        "size": list(torch.nn.Conv2d(x.shape[1], 2, 3, stride=2, padding=1)(x).shape[2:]),
    }
