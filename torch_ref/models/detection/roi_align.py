r"""RoIAlign: a box of any size becomes a grid of fixed size, by bilinear samples inside its bins; no coordinate is rounded.

$$ y_{p,q} = \frac{1}{g_h g_w} \sum_{i,j} f\Bigl(y_1 + \bigl(p + \tfrac{i + 1/2}{g_h}\bigr) b_h,\; x_1 + \bigl(q + \tfrac{j + 1/2}{g_w}\bigr) b_w\Bigr),
   \qquad b_h = \frac{y_2 - y_1}{P} $$

Shapes: features (N, C, H, W), rois (K, 5) as (image, x1, y1, x2, y2), output (K, C, P, Q).
f is bilinear between pixels, constant half a pixel beyond them up to one pixel, and 0 further out.
torchvision's `roi_align` is compiled code with no gradient for the boxes; this one is PyTorch's own operations, in any precision, with none either.

>>> import torch
>>> ramp = torch.arange(8.0).expand(1, 1, 8, 8)
>>> roi_align(ramp, torch.tensor([[0.0, 1.0, 2.0, 5.0, 6.0]]), (2, 2), sampling_ratio=2)[0, 0]
tensor([[2., 4.],
        [2., 4.]])

Source: He, Gkioxari, Dollár and Girshick 2017, arXiv:1703.06870, 3; levels: Lin et al. 2017, arXiv:1612.03144, equation 1.
"""

import math

import torch
from torch import Tensor


def roi_align(
    features: Tensor, rois: Tensor, output_size: tuple[int, int], spatial_scale: float = 1.0, sampling_ratio: int = -1, aligned: bool = False
) -> Tensor:
    """Samples every box.

    `spatial_scale` is features / image; `sampling_ratio` the samples per bin and axis, ≤ 0: as many as the bin has pixels, rounded up; `aligned`: pixels have
    their centre at a half, as is right, and boxes may be smaller than a pixel. Mask R-CNN leaves it False.
    """
    check_rois(features, rois)
    offset = 0.5 if aligned else 0.0
    boxes = rois[:, 1:].detach() * spatial_scale - offset
    index = rois[:, 0].long()
    columns, rows = (_samples(boxes[:, i], boxes[:, i + 2], n, sampling_ratio, aligned) for i, n in enumerate(reversed(output_size)))
    results = []
    for roi, image in enumerate(index.tolist()):
        y, x = rows[roi], columns[roi]
        values = _bilinear(features[image], y.flatten(), x.flatten())
        results.append(values.unflatten(2, x.shape).unflatten(1, y.shape).mean((2, 4)))
    return torch.stack(results) if results else features.new_zeros(0, features.shape[1], *output_size)


def multi_scale_roi_align(
    features: tuple[Tensor, ...], rois: Tensor, image_size: tuple[int, int], output_size: tuple[int, int], sampling_ratio: int = 2, canonical_scale: int = 224
) -> Tensor:
    """RoIAlign on that level of a pyramid (finest first) whose cells suit the box: level 4 for `canonical_scale` pixels, level 3 for half of that."""
    scales = [2.0 ** round(math.log2(level.shape[2] / image_size[0])) for level in features]
    lowest, highest = -math.log2(scales[0]), -math.log2(scales[-1])
    size = ((rois[:, 3] - rois[:, 1]) * (rois[:, 4] - rois[:, 2])).clamp(min=0).sqrt()
    level = (4 + torch.log2(size / canonical_scale) + 1e-6).floor().clamp(lowest, highest) - lowest
    output = features[0].new_zeros(len(rois), features[0].shape[1], *output_size)
    for i, (maps, scale) in enumerate(zip(features, scales, strict=True)):
        index = (level == i).nonzero()[:, 0]
        output = output.index_put((index,), roi_align(maps, rois[index], output_size, scale, sampling_ratio))
    return output


def check_rois(features: Tensor, rois: Tensor) -> None:
    """Refuse what is no list of boxes of these images."""
    if features.ndim != 4 or not features.is_floating_point():
        raise ValueError(f"features must be floats (N, C, H, W), got {features.dtype} of shape {tuple(features.shape)}")
    if rois.ndim != 2 or rois.shape[1] != 5:
        raise ValueError(f"rois must be (K, 5), as image, x1, y1, x2, y2; got shape {tuple(rois.shape)}")
    if len(rois) and not 0 <= rois[:, 0].min() <= rois[:, 0].max() < len(features):
        raise ValueError(f"rois name images {rois[:, 0].min():g} … {rois[:, 0].max():g}, there are {len(features)}")


def _samples(start: Tensor, end: Tensor, bins: int, ratio: int, aligned: bool) -> list[Tensor]:
    """For each box the coordinates (bins, samples) along one axis."""
    length = end - start if aligned else (end - start).clamp(min=1.0)
    step = length / bins
    count = torch.full_like(step, ratio) if ratio > 0 else step.ceil().clamp(min=1)
    along = torch.arange(bins, dtype=step.dtype, device=step.device)[:, None]
    return [
        first + along * size + (torch.arange(int(n), dtype=step.dtype, device=step.device) + 0.5) * (size / n)
        for first, size, n in zip(start, step, count, strict=True)
    ]


def _bilinear(image: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """(C, H, W) at the crossings of y and x: (C, len(y), len(x))."""
    (y0, y1, dy), (x0, x1, dx) = _neighbours(y, image.shape[1]), _neighbours(x, image.shape[2])
    inside = ((y >= -1) & (y <= image.shape[1]))[:, None] & ((x >= -1) & (x <= image.shape[2]))
    upper, lower = image[:, y0], image[:, y1]
    mixed = (1 - dy)[:, None] * ((1 - dx) * upper[:, :, x0] + dx * upper[:, :, x1]) + dy[:, None] * ((1 - dx) * lower[:, :, x0] + dx * lower[:, :, x1])
    return mixed * inside


def _neighbours(position: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The pixel before, the one after, and the share of the latter; at the edges both are the same."""
    position = position.clamp(0, size - 1)
    before = position.floor().long()
    return before, (before + 1).clamp(max=size - 1), position - before
