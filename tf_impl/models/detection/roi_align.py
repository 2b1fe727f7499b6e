r"""RoIAlign: a box of any size becomes a grid of fixed size, by bilinear samples inside its bins; no coordinate is rounded.

$$ y_{p,q} = \frac{1}{g_h g_w} \sum_{i,j} f\Bigl(y_1 + \bigl(p + \tfrac{i + 1/2}{g_h}\bigr) b_h,\; x_1 + \bigl(q + \tfrac{j + 1/2}{g_w}\bigr) b_w\Bigr),
   \qquad b_h = \frac{y_2 - y_1}{P} $$

Shapes: features (N, H, W, C), rois (K, 5) as (image, x1, y1, x2, y2), output (K, P, Q, C).
f is bilinear between pixels, constant half a pixel beyond them up to one pixel, and 0 further out. Boxes get no gradient, as in torchvision.

Differs from PyTorch:
    Keras has no RoIAlign; `tf.image.crop_and_resize` samples each bin once, at corners that lie on the box's edges: another number everywhere.
    The levels of a pyramid stand in one table, so that every box is gathered once from its own level, and shapes do not depend on values.
    With `sampling_ratio` ≤ 0 the number of samples is a value: the samples of a row are summed up in a matrix (P, H) instead, and those of a column in (Q, W).
    Boxes that are longer than the features then get no more samples than the features have pixels.

Source: He, Gkioxari, Dollár and Girshick 2017, arXiv:1703.06870, 3; levels: Lin et al. 2017, arXiv:1612.03144, equation 1.
"""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import known, widened
from tf_impl.typing import Tensor


def roi_align(
    features: Float[Tensor, "n h w c"],
    rois: Float[Tensor, "k 5"],
    output_size: tuple[int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int = -1,
    aligned: bool = False,
) -> Float[Tensor, "k p q c"]:
    """Samples every box.

    `spatial_scale` is features / image; `sampling_ratio` the samples per bin and axis, ≤ 0: as many as the bin has pixels, rounded up; `aligned`: pixels have
    their centre at a half, as is right, and boxes may be smaller than a pixel. Mask R-CNN leaves it False.
    """
    check_rois(features, rois)
    rois = ops.stop_gradient(widened(rois))
    image, boxes = ops.cast(rois[:, 0], "int32"), rois[:, 1:] * spatial_scale - (0.5 if aligned else 0.0)
    if sampling_ratio > 0:
        return _gathered([features], image, boxes, ops.zeros_like(image), output_size, sampling_ratio, aligned)
    y = _row_sums(boxes[:, 1], boxes[:, 3], output_size[0], features.shape[1], aligned)
    x = _row_sums(boxes[:, 0], boxes[:, 2], output_size[1], features.shape[2], aligned)
    rows = ops.einsum("kph,khwc->kpwc", ops.cast(y, features.dtype), ops.take(features, image, axis=0))
    return ops.einsum("kqw,kpwc->kpqc", ops.cast(x, features.dtype), rows)


def multi_scale_roi_align(
    features: tuple[Tensor, ...],
    rois: Float[Tensor, "k 5"],
    image_size: tuple[int, int],
    output_size: tuple[int, int],
    sampling_ratio: int = 2,
    canonical_scale: int = 224,
) -> Float[Tensor, "k p q c"]:
    """RoIAlign on that level of a pyramid (finest first) whose cells suit the box: level 4 for `canonical_scale` pixels, level 3 for half of that."""
    for level in features:
        check_rois(level, rois)
    rois = ops.stop_gradient(widened(rois))
    scales = np.array([2.0 ** round(math.log2(level.shape[1] / image_size[0])) for level in features])
    lowest, highest = -math.log2(scales[0]), -math.log2(scales[-1])
    size = ops.sqrt(ops.relu((rois[:, 3] - rois[:, 1]) * (rois[:, 4] - rois[:, 2])))
    exact = 4 + ops.log2(size / canonical_scale) + ops.convert_to_tensor(1e-6, rois.dtype)
    level = ops.cast(ops.clip(ops.floor(exact), lowest, highest) - lowest, "int32")
    boxes = rois[:, 1:] * ops.take(ops.convert_to_tensor(scales, rois.dtype), level)[:, None]
    return _gathered(features, ops.cast(rois[:, 0], "int32"), boxes, level, output_size, sampling_ratio, aligned=False)


def check_rois(features: Tensor, rois: Tensor) -> None:
    """Refuse what is no list of boxes of these images."""
    if len(features.shape) != 4 or "float" not in str(features.dtype):
        raise ValueError(f"features must be floats (N, H, W, C), got {features.dtype} of shape {tuple(features.shape)}")
    if None in features.shape[1:]:
        raise ValueError(f"roi_align needs to know the features' size, got {tuple(features.shape)}: give the Input a shape")
    if len(rois.shape) != 2 or rois.shape[1] != 5:
        raise ValueError(f"rois must be (K, 5), as image, x1, y1, x2, y2; got shape {tuple(rois.shape)}")
    seen = known(rois)
    if seen is not None and features.shape[0] is not None and len(seen) and not 0 <= seen[:, 0].min() <= seen[:, 0].max() < features.shape[0]:
        raise ValueError(f"rois name images {seen[:, 0].min():g} … {seen[:, 0].max():g}, there are {features.shape[0]}")


def _gathered(levels: Sequence[Tensor], image: Tensor, boxes: Tensor, level: Tensor, output_size: tuple[int, int], ratio: int, aligned: bool) -> Tensor:
    """Four pixels for every sample, out of one table of all pixels of all levels."""
    heights, widths = (np.array([maps.shape[axis] for maps in levels]) for axis in (1, 2))
    starts = np.concatenate([[0], np.cumsum(heights * widths)])
    channels = levels[0].shape[-1]
    table = ops.concatenate([ops.reshape(maps, (-1, int(h * w), channels)) for maps, h, w in zip(levels, heights, widths, strict=True)], axis=1)
    table = ops.reshape(table, (-1, channels))
    height, width, start = (ops.take(ops.convert_to_tensor(sizes, "int32"), level)[:, None] for sizes in (heights, widths, starts[:-1]))
    y, _ = _samples(boxes[:, 1], boxes[:, 3], output_size[0], ratio, aligned)
    x, _ = _samples(boxes[:, 0], boxes[:, 2], output_size[1], ratio, aligned)
    (y0, y1, dy, y_in), (x0, x1, dx, x_in) = _neighbours(y, height), _neighbours(x, width)
    base = (image[:, None] * int(starts[-1]) + start)[:, :, None]

    def pixels(y: Tensor, x: Tensor, weight: Tensor) -> Tensor:
        return ops.take(table, base + y[:, :, None] * width[:, :, None] + x[:, None, :], axis=0) * ops.cast(weight, table.dtype)[..., None]

    dy, dx = dy[:, :, None], dx[:, None, :]
    inside = ops.cast(ops.logical_and(y_in[:, :, None], x_in[:, None, :]), dy.dtype)
    upper = pixels(y0, x0, inside * (1 - dy) * (1 - dx)) + pixels(y0, x1, inside * (1 - dy) * dx)
    lower = pixels(y1, x0, inside * dy * (1 - dx)) + pixels(y1, x1, inside * dy * dx)
    p, q = output_size
    return ops.mean(ops.reshape(upper + lower, (-1, p, ratio, q, ratio, channels)), axis=(2, 4))


def _samples(start: Tensor, end: Tensor, bins: int, count: int | Tensor, aligned: bool, most: int = 0) -> tuple[Tensor, Tensor | None]:
    """Coordinates (K, bins·samples) along one axis; where `count` differs from box to box, (K, bins, `most`), and which of them count."""
    length = end - start if aligned else ops.maximum(end - start, ops.ones_like(start))
    step = (length / bins)[:, None, None]
    along = ops.convert_to_tensor(np.arange(bins)[None, :, None], step.dtype)
    within = ops.convert_to_tensor((np.arange(most or count) + 0.5)[None, None, :], step.dtype)
    if not most:
        return ops.reshape(start[:, None, None] + along * step + within * (step / count), (-1, bins * count)), None
    number = ops.clip(ops.ceil(step), 1, most)
    return start[:, None, None] + along * step + within * (step / number), ops.cast(within < number, step.dtype) / number


def _neighbours(position: Tensor, size: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The pixel before, the one after, the share of the latter, and whether the position is inside; at the edges both are the same."""
    edge = ops.cast(size, position.dtype)
    inside = ops.logical_and(position >= -1, position <= edge)
    position = ops.minimum(ops.relu(position), edge - 1)
    before = ops.floor(position)
    first = ops.cast(before, "int32")
    return first, ops.minimum(first + 1, size - 1), position - before, inside


def _row_sums(start: Tensor, end: Tensor, bins: int, size: int, aligned: bool) -> Tensor:
    """How much each pixel of a line counts in each bin: (K, bins, size)."""
    position, share = _samples(start, end, bins, 0, aligned, most=math.ceil(size / bins))
    inside = ops.cast(ops.logical_and(position >= -1, position <= size), position.dtype)
    away = ops.abs(ops.clip(position, 0, size - 1)[..., None] - ops.convert_to_tensor(np.arange(size), position.dtype))
    return ops.sum(ops.relu(1 - away) * (inside * share)[..., None], axis=2)
