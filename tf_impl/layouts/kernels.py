r"""Kernels: (kh, kw, in, out) here, (out, in, kh, kw) in PyTorch, and their kin.

| layer | PyTorch | Keras | way |
|---|---|---|---|
| Conv2d | (out, in, kh, kw) | (kh, kw, in, out) | `transpose(2, 3, 1, 0)` |
| Conv2d, groups g | (out, in/g, kh, kw) | (kh, kw, in/g, out) | the same |
| depthwise, m a channel | (in·m, 1, kh, kw) | (kh, kw, in, m) | `reshape(in, m, kh, kw).transpose(2, 3, 0, 1)` |
| ConvTranspose2d | (in, out, kh, kw) | (kh, kw, out, in) | `transpose(2, 3, 1, 0)` |
| Linear | (out, in) | (in, out) | `transpose(1, 0)` |

Shapes: x (n, h, w, c), weight in PyTorch's axes on both sides.

Differs from PyTorch:
    The axes above. `transpose(3, 2, 1, 0)` of a square kernel loads without an error and exchanges height and width (measured 1.7 on values of size 1);
    with as many inputs as outputs so does a kernel whose in and out are not exchanged (1.4), and a square Linear that is not transposed (1.8).
    A transposed convolution whose stride exceeds its kernel gets stride − kernel empty rows at the end; they are cut off here.

Source: PyTorch's documentation, "Conv2d", "ConvTranspose2d"; Keras' documentation, `ops.conv`; the notes, "卷积".
"""

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor

_LAST = {"padding": "valid", "data_format": "channels_last"}


def plain(x: Float[Tensor, "n h w i"], weight: Float[Tensor, "o i kh kw"]) -> dict[str, Tensor]:
    """weight (out, in, kh, kw); the axes of space exchanged in a square kernel raise no error and are another layer."""
    return {
        "right": ops.conv(x, ops.transpose(weight, (2, 3, 1, 0)), **_LAST),
        "sides_exchanged": ops.conv(x, ops.transpose(weight, (3, 2, 1, 0)), **_LAST),
    }


def grouped(x: Float[Tensor, "n h w i"], weight: Float[Tensor, "o g kh kw"], groups: int) -> Float[Tensor, "n h2 w2 o"]:
    """weight (out, in/groups, kh, kw). The groups are split by hand: TensorFlow's CPU kernel has no gradient for groups."""
    parts = zip(ops.split(x, groups, axis=-1), ops.split(weight, groups, axis=0), strict=True)
    return ops.concatenate([ops.conv(part, ops.transpose(kernel, (2, 3, 1, 0)), **_LAST) for part, kernel in parts], axis=-1)


def depthwise(x: Float[Tensor, "n h w i"], weight: Float[Tensor, "im 1 kh kw"]) -> Float[Tensor, "n h2 w2 im"]:
    """weight (in·m, 1, kh, kw): the m filters of one channel stand together."""
    channels, (filters, _, kh, kw) = x.shape[-1], weight.shape
    kernel = ops.transpose(ops.reshape(weight, (channels, filters // channels, kh, kw)), (2, 3, 0, 1))
    return ops.depthwise_conv(x, kernel, **_LAST)


def transposed(x: Float[Tensor, "n h w i"], weight: Float[Tensor, "i o kh kw"], stride: int) -> Float[Tensor, "n h2 w2 o"]:
    """weight (in, out, kh, kw)."""
    height, width = ((n - 1) * stride + k for n, k in zip(x.shape[1:3], weight.shape[2:], strict=True))
    return ops.conv_transpose(x, ops.transpose(weight, (2, 3, 1, 0)), strides=stride, **_LAST)[:, :height, :width]


def dense(x: Float[Tensor, "n i"], weight: Float[Tensor, "o i"]) -> dict[str, Tensor]:
    """weight (out, in)."""
    return {"right": ops.matmul(x, ops.transpose(weight))}
