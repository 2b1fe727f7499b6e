r"""Anchors: the boxes of fixed sizes and shapes at every place of every feature map, which the network's answers move.

$$ h = s\sqrt{r}, \qquad w = s / \sqrt{r}, \qquad \text{at } (x, y) \cdot \text{stride} $$

Shapes: anchors (Σ H·W·A, 4), level by level, row by row, at each place sizes within shapes. Corners about the centre are rounded to whole pixels.

>>> grid_anchors(((1, 2),), (8, 16), ((4,),), ((1.0,),))
tensor([[-2., -2.,  2.,  2.],
        [ 6., -2., 10.,  2.]])

Source: Ren, He, Girshick and Sun 2015, arXiv:1506.01497; Lin et al. 2017, arXiv:1612.03144, 4.1; torchvision's `AnchorGenerator`.
"""

import torch
from torch import Tensor


def grid_anchors(
    feature_sizes: tuple[tuple[int, int], ...],
    image_size: tuple[int, int],
    sizes: tuple[tuple[int, ...], ...],
    aspect_ratios: tuple[tuple[float, ...], ...],
) -> Tensor:
    """All anchors of an image. `sizes` and `aspect_ratios` (height / width) have one tuple a feature map; a stride is the whole part of image / feature."""
    if not len(feature_sizes) == len(sizes) == len(aspect_ratios):
        raise ValueError(f"sizes and aspect_ratios need one tuple for each of {len(feature_sizes)} feature maps, got {len(sizes)} and {len(aspect_ratios)}")
    levels = []
    for (rows, columns), scales, ratios in zip(feature_sizes, sizes, aspect_ratios, strict=True):
        tall = torch.tensor(ratios).sqrt()
        w, h = ((factor[:, None] * torch.tensor(scales)).flatten() for factor in (1 / tall, tall))
        cell = (torch.stack([-w, -h, w, h], 1) / 2).round()
        y, x = torch.meshgrid(torch.arange(rows) * (image_size[0] // rows), torch.arange(columns) * (image_size[1] // columns), indexing="ij")
        levels.append((torch.stack([x, y, x, y], -1)[:, :, None] + cell).flatten(0, 2))
    return torch.cat(levels)
