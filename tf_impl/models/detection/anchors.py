r"""Anchors: the boxes of fixed sizes and shapes at every place of every feature map, which the network's answers move.

$$ h = s\sqrt{r}, \qquad w = s / \sqrt{r}, \qquad \text{at } (x, y) \cdot \text{stride} $$

Shapes: anchors (Σ H·W·A, 4), level by level, row by row, at each place sizes within shapes. Corners about the centre are rounded to whole pixels.

Differs from PyTorch:
    They depend on sizes alone, so NumPy makes them while a graph is traced: a constant of the graph, not an operation. Sizes must be known then.

Source: Ren, He, Girshick and Sun 2015, arXiv:1506.01497; Lin et al. 2017, arXiv:1612.03144, 4.1; torchvision's `AnchorGenerator`.
"""

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def grid_anchors(
    feature_sizes: tuple[tuple[int, int], ...],
    image_size: tuple[int, int],
    sizes: tuple[tuple[int, ...], ...],
    aspect_ratios: tuple[tuple[float, ...], ...],
) -> Float[Tensor, "n 4"]:
    """All anchors of an image. `sizes` and `aspect_ratios` (height / width) have one tuple a feature map; a stride is the whole part of image / feature."""
    if not len(feature_sizes) == len(sizes) == len(aspect_ratios):
        raise ValueError(f"sizes and aspect_ratios need one tuple for each of {len(feature_sizes)} feature maps, got {len(sizes)} and {len(aspect_ratios)}")
    levels = []
    for (rows, columns), scales, ratios in zip(feature_sizes, sizes, aspect_ratios, strict=True):
        tall = np.sqrt(np.array(ratios))
        w, h = ((factor[:, None] * np.array(scales)).ravel() for factor in (1 / tall, tall))
        cell = np.round(np.stack([-w, -h, w, h], 1) / 2)
        y, x = np.meshgrid(np.arange(rows) * (image_size[0] // rows), np.arange(columns) * (image_size[1] // columns), indexing="ij")
        levels.append((np.stack([x, y, x, y], -1)[:, :, None] + cell).reshape(-1, 4))
    return ops.convert_to_tensor(np.concatenate(levels), keras.config.floatx())
