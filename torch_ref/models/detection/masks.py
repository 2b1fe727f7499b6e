r"""Masks: cut out of the image for training, pasted into it afterwards.

A predicted mask of M×M cells is set in a frame of zeros, its box grown alike, (M + 2)/M, and cut to whole pixels; then it is resized to the box.
Pixel i of n reads cell $(i + \tfrac12) M / n - \tfrac12$, and linearly between cells.
Shapes: masks (K, M, M) of probabilities, boxes (K, 4); pasted (K, H, W). Targets: images' masks (T, H, W), one `index` into them a box, output (K, M, M).

>>> import torch
>>> paste_masks(torch.ones(1, 2, 2), torch.tensor([[1.0, 1.0, 3.0, 3.0]]), (4, 5))[0].round(decimals=2)
tensor([[0.0000, 0.0000, 0.0000, 0.0000, 0.0000],
        [0.0000, 0.4900, 0.7000, 0.4900, 0.0000],
        [0.0000, 0.7000, 1.0000, 0.7000, 0.0000],
        [0.0000, 0.4900, 0.7000, 0.4900, 0.0000]])

Source: He, Gkioxari, Dollár and Girshick 2017, arXiv:1703.06870, 3; torchvision's `paste_masks_in_image` and `project_masks_on_boxes`.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

from torch_ref.models.detection.roi_align import roi_align


def paste_masks(masks: Tensor, boxes: Tensor, image_size: tuple[int, int], padding: int = 1) -> Tensor:
    """Every mask at its place in an image of zeros."""
    check_masks(masks, boxes)
    grown = (masks.shape[-1] + 2 * padding) / masks.shape[-1]
    centre, half = (boxes[:, 2:] + boxes[:, :2]) * 0.5, (boxes[:, 2:] - boxes[:, :2]) * 0.5 * grown
    corners = torch.cat([centre - half, centre + half], 1).long().tolist()
    framed = F.pad(masks, (padding,) * 4)
    pasted = []
    for mask, (x0, y0, x1, y1) in zip(framed, corners, strict=True):
        resized = F.interpolate(mask[None, None], size=(max(y1 - y0 + 1, 1), max(x1 - x0 + 1, 1)), mode="bilinear", align_corners=False)[0, 0]
        top, left = max(y0, 0), max(x0, 0)
        seen = resized[top - y0 : max(image_size[0] - y0, 0), left - x0 : max(image_size[1] - x0, 0)]
        image = masks.new_zeros(image_size)
        image[top : top + len(seen), left : left + seen.shape[1]] = seen
        pasted.append(image)
    return torch.stack(pasted) if pasted else masks.new_zeros(0, *image_size)


def project_masks(masks: Tensor, boxes: Tensor, index: Tensor, size: int) -> Tensor:
    """The part of mask `index` inside each box, as size×size cells: RoIAlign with as many samples as there are pixels."""
    return roi_align(masks[:, None].to(boxes.dtype), torch.cat([index[:, None].to(boxes.dtype), boxes], 1), (size, size))[:, 0]


def check_masks(masks: Tensor, boxes: Tensor) -> None:
    """Refuse masks that are not square, or not as many as there are boxes."""
    if masks.ndim != 3 or masks.shape[1] != masks.shape[2] or boxes.shape != (len(masks), 4):
        raise ValueError(f"masks must be (K, M, M) for boxes (K, 4), got {tuple(masks.shape)} and {tuple(boxes.shape)}")
