r"""Kernels: (out, in, kh, kw) in PyTorch, (kh, kw, in, out) in Keras, and their kin.

| layer | PyTorch | Keras | way |
|---|---|---|---|
| Conv2d | (out, in, kh, kw) | (kh, kw, in, out) | `transpose(2, 3, 1, 0)` |
| Conv2d, groups g | (out, in/g, kh, kw) | (kh, kw, in/g, out) | the same |
| depthwise, m a channel | (in·m, 1, kh, kw) | (kh, kw, in, m) | `reshape(in, m, kh, kw).transpose(2, 3, 0, 1)` |
| ConvTranspose2d | (in, out, kh, kw) | (kh, kw, out, in) | `transpose(2, 3, 1, 0)` |
| Linear | (out, in) | (in, out) | `transpose(1, 0)` |

Shapes: x (n, c, h, w), weight in PyTorch's axes on both sides.

>>> import torch
>>> dense(torch.eye(2), torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))["right"]
tensor([[1., 3., 5.],
        [2., 4., 6.]])

Source: PyTorch's documentation, "Conv2d", "ConvTranspose2d"; Keras' documentation, `ops.conv`; the notes, "卷积".
"""

from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d, linear


def plain(x: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """weight (out, in, kh, kw); the axes of space exchanged in a square kernel raise no error and are another layer."""
    return {"right": conv2d(x, weight), "sides_exchanged": conv2d(x, weight.transpose(2, 3))}


def grouped(x: Tensor, weight: Tensor, groups: int) -> Tensor:
    """weight (out, in/groups, kh, kw)."""
    return conv2d(x, weight, groups=groups)


def depthwise(x: Tensor, weight: Tensor) -> Tensor:
    """weight (in·m, 1, kh, kw): the m filters of one channel stand together."""
    return conv2d(x, weight, groups=x.shape[1])


def transposed(x: Tensor, weight: Tensor, stride: int) -> Tensor:
    """weight (in, out, kh, kw)."""
    return conv_transpose2d(x, weight, stride=stride)


def dense(x: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """weight (out, in); a square one loads untransposed without an error."""
    return {"right": linear(x, weight)}
