r"""Masks: cut out of the image for training, pasted into it afterwards.

A predicted mask of M×M cells is set in a frame of zeros, its box grown alike, (M + 2)/M, and cut to whole pixels; then it is resized to the box.
Pixel i of n reads cell $(i + \tfrac12) M / n - \tfrac12$, and linearly between cells.
Shapes: masks (K, M, M) of probabilities, boxes (K, 4); pasted (K, H, W). Targets: images' masks (T, H, W), one `index` into them a box, output (K, M, M).

Differs from PyTorch:
    A resized mask has a size that is a value. Here every pixel of the image asks which cells it would read, for rows and for columns: two matrices
    (H, M) and (W, M) a mask and two products, nothing is cut out, and it compiles.

Source: He, Gkioxari, Dollár and Girshick 2017, arXiv:1703.06870, 3; torchvision's `paste_masks_in_image` and `project_masks_on_boxes`.
"""

import numpy as np
from jaxtyping import Float, Int, Shaped
from keras import ops

from tf_impl.layers._twin import widened
from tf_impl.models.detection.roi_align import roi_align
from tf_impl.typing import Tensor


def paste_masks(masks: Float[Tensor, "k m m"], boxes: Float[Tensor, "k 4"], image_size: tuple[int, int], padding: int = 1) -> Float[Tensor, "k h w"]:
    """Every mask at its place in an image of zeros."""
    check_masks(masks, boxes)
    boxes = ops.stop_gradient(widened(boxes))
    grown = (masks.shape[-1] + 2 * padding) / masks.shape[-1]
    centre, half = (boxes[:, 2:] + boxes[:, :2]) * 0.5, (boxes[:, 2:] - boxes[:, :2]) * 0.5 * grown
    first, last = (ops.cast(ops.cast(corner, "int64"), boxes.dtype) for corner in (centre - half, centre + half))  # towards zero, as PyTorch
    framed = ops.pad(masks, [(0, 0), (padding, padding), (padding, padding)])
    y = _cells(first[:, 1], last[:, 1], image_size[0], framed.shape[-1])
    x = _cells(first[:, 0], last[:, 0], image_size[1], framed.shape[-1])
    rows = ops.einsum("khm,kmn->khn", ops.cast(y, masks.dtype), framed)
    return ops.einsum("khn,kwn->khw", rows, ops.cast(x, masks.dtype))


def project_masks(masks: Shaped[Tensor, "t h w"], boxes: Float[Tensor, "k 4"], index: Int[Tensor, " k"], size: int) -> Float[Tensor, "k m m"]:
    """The part of mask `index` inside each box, as size×size cells: RoIAlign with as many samples as there are pixels."""
    rois = ops.concatenate([ops.cast(index[:, None], boxes.dtype), boxes], axis=1)
    return roi_align(ops.cast(masks, boxes.dtype)[..., None], rois, (size, size))[..., 0]


def check_masks(masks: Tensor, boxes: Tensor) -> None:
    """Refuse masks that are not square, or not as many as there are boxes."""
    if len(masks.shape) != 3 or masks.shape[1] != masks.shape[2] or tuple(boxes.shape) != (masks.shape[0], 4):
        raise ValueError(f"masks must be (K, M, M) for boxes (K, 4), got {tuple(masks.shape)} and {tuple(boxes.shape)}")


def _cells(first: Tensor, last: Tensor, pixels: int, cells: int) -> Tensor:
    """How much of each cell every pixel of a line reads: (K, pixels, cells), zero outside the box."""
    size = ops.maximum(last - first + 1, ops.ones_like(first))[:, None]
    place = ops.convert_to_tensor(np.arange(pixels)[None], first.dtype) - first[:, None]
    position = ops.clip((place + 0.5) * (cells / size) - 0.5, 0, cells - 1)
    weight = ops.relu(1 - ops.abs(position[..., None] - ops.convert_to_tensor(np.arange(cells), first.dtype)))
    inside = ops.logical_and(place >= 0, place < size)
    return weight * ops.cast(inside, first.dtype)[..., None]
