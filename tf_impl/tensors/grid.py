r"""Grids of coordinates: every x with every y.

Shapes: x (n,), y (m,); with `indexing="ij"` (n, m), with "xy" (m, n).

Differs from PyTorch:
    `ops.meshgrid` and `tf.meshgrid` begin with "xy", `torch.meshgrid` with "ij": (m, n) for (n, m), silently for a square grid. There is no `cartesian_prod`.

Source: PyTorch's documentation, `torch.meshgrid`; the notes, "广播机制" and the exhaustive search of (ω, b).
"""

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def grid(x: Float[Tensor, " n"], y: Float[Tensor, " m"]) -> dict[str, Tensor]:
    """Both orders, and the pairs."""
    ij, xy = ops.meshgrid(x, y, indexing="ij"), ops.meshgrid(x, y, indexing="xy")
    pairs = ops.stack([ops.reshape(part, (-1,)) for part in ij], axis=-1)
    return {"ij_first": ij[0], "ij_second": ij[1], "xy_first": xy[0], "xy_second": xy[1], "pairs": pairs}


def default_indexing(x: Float[Tensor, " n"], y: Float[Tensor, " m"]) -> dict[str, list[int]]:
    """The shape that comes of `meshgrid` with no word about the order, and with one."""
    return {"shape": list(ops.meshgrid(x, y)[0].shape), "shape_when_said": list(ops.meshgrid(x, y, indexing="ij")[0].shape)}
