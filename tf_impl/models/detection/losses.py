r"""The five losses of Mask R-CNN, over the boxes that were sampled.

$$ L = L_\text{objectness} + L_\text{rpn box} + L_\text{class} + L_\text{box} + L_\text{mask} \qquad
   \ell_\beta(d) = \begin{cases} d^2 / 2\beta & |d| < \beta \\ |d| - \beta/2 & \text{else} \end{cases}, \quad \beta = \tfrac19 $$

Shapes: everything of P boxes of a batch: logits (..., P) or (..., P, classes), codes (..., P, 4), masks of booleans (..., P). Sums run over the whole batch.
The box losses are divided by all sampled boxes, not by the positive ones: an image with few objects counts less.

Differs from PyTorch:
    Nothing is picked out: what was not sampled is put to zero before the sum, so that shapes do not depend on values.
    `keras.losses.Huber(delta)` is β times this loss: 9 times too small.

Source: Girshick 2015, "Fast R-CNN", arXiv:1504.08083; Ren et al. 2015, arXiv:1506.01497; He et al. 2017, arXiv:1703.06870; torchvision's β.
"""

from jaxtyping import Bool, Float, Int
from keras import ops

from tf_impl.models.detection._sums import binary, sum_where
from tf_impl.typing import Tensor

BETA = 1 / 9


def rpn_loss(
    objectness: Float[Tensor, "*n p"],
    codes: Float[Tensor, "*n p 4"],
    targets: Float[Tensor, "*n p 4"],
    positive: Bool[Tensor, "*n p"],
    negative: Bool[Tensor, "*n p"],
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Whether there is something at an anchor, and where."""
    sampled = ops.logical_or(positive, negative)
    count = _count(sampled, objectness)
    what = sum_where(sampled, binary(objectness, ops.cast(positive, objectness.dtype))) / count
    return what, sum_where(positive, ops.sum(_smooth_l1(codes - targets), axis=-1)) / count


def box_loss(
    logits: Float[Tensor, "*n p k"],
    codes: Float[Tensor, "*n p k 4"],
    labels: Int[Tensor, "*n p"],
    targets: Float[Tensor, "*n p 4"],
    sampled: Bool[Tensor, "*n p"],
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """Which class a box is (0 is background), and where it lies: `codes` (..., P, classes, 4), of which the label's count."""
    count = _count(sampled, logits)
    what = -sum_where(sampled, _of_label(ops.log_softmax(logits, axis=-1), labels)) / count
    positive = ops.logical_and(sampled, labels > 0)
    return what, sum_where(positive, ops.sum(_smooth_l1(_of_label(codes, labels) - targets), axis=-1)) / count


def mask_loss(
    logits: Float[Tensor, "*n p k m m"], targets: Float[Tensor, "*n p m m"], labels: Int[Tensor, "*n p"], positive: Bool[Tensor, "*n p"]
) -> Float[Tensor, ""]:
    """The cells of the label's mask: `logits` (..., P, classes, M, M), `targets` (..., P, M, M). Classes do not compete. 0 if nothing is positive."""
    each = ops.mean(binary(_of_label(logits, labels), targets), axis=(-2, -1))
    return sum_where(positive, each) / ops.maximum(_count(positive, logits), ops.ones((), logits.dtype))


def _of_label(values: Tensor, labels: Tensor) -> Tensor:
    """(..., P, classes, *rest) → (..., P, *rest)."""
    axis = len(labels.shape)
    index = ops.reshape(labels, (*ops.shape(labels), *(1,) * (len(values.shape) - axis)))
    return ops.squeeze(ops.take_along_axis(values, ops.cast(index, "int32"), axis=axis), axis)


def _smooth_l1(d: Tensor) -> Tensor:
    beta = ops.convert_to_tensor(BETA, d.dtype)
    size = ops.abs(d)
    return ops.where(size < beta, 0.5 * d * d / beta, size - 0.5 * beta)


def _count(mask: Tensor, like: Tensor) -> Tensor:
    return ops.cast(ops.count_nonzero(mask), like.dtype)
