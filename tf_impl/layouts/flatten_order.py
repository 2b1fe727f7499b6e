r"""The seam between convolutions and Linear: in which order an image is written out.

PyTorch's `flatten` of (C, H, W) lets the channel vary slowest, Keras' of (H, W, C) fastest. The first Linear after it sees its inputs permuted.

Shapes: x (n, h, w, c), weight (out, c·h·w) in PyTorch's axes.

Differs from PyTorch:
    A port that only transposes the Linear's weight is silently wrong by as much as the outputs are large (measured 1.2 on outputs of size 1).
    Either move the channels before flattening, as `tf_impl.layers.Flatten` does, or permute the rows of the kernel. After global pooling there is no seam.

Source: the notes, `x.view(x.size(0), -1)`; `num_flat_features`.
"""

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def linear_after_flatten(x: Float[Tensor, "n h w c"], weight: Float[Tensor, "o chw"]) -> dict[str, Tensor]:
    """Right by either cure: the axis moved before flattening, or the weight's columns permuted once and for all."""
    n, h, w, c = x.shape
    flat = ops.reshape(ops.transpose(x, (0, 3, 1, 2)), (n, -1))
    permuted = ops.reshape(ops.transpose(ops.reshape(weight, (-1, c, h, w)), (0, 2, 3, 1)), (-1, c * h * w))
    return {
        "moved_axis": ops.matmul(flat, ops.transpose(weight)),
        "permuted_weight": ops.matmul(ops.reshape(x, (n, -1)), ops.transpose(permuted)),
        "averaged_first": ops.matmul(ops.mean(x, axis=(1, 2)), ops.transpose(weight[:, :c])),
    }


def plainly(x: Float[Tensor, "n h w c"], weight: Float[Tensor, "o chw"]) -> dict[str, Tensor | list[int]]:
    """As a port does it that transposes the weight and no more."""
    flat = ops.reshape(x, (x.shape[0], -1))
    return {"output": ops.matmul(flat, ops.transpose(weight)), "features": list(flat.shape)}
