r"""The five losses of Mask R-CNN, over the boxes that were sampled.

$$ L = L_\text{objectness} + L_\text{rpn box} + L_\text{class} + L_\text{box} + L_\text{mask} \qquad
   \ell_\beta(d) = \begin{cases} d^2 / 2\beta & |d| < \beta \\ |d| - \beta/2 & \text{else} \end{cases}, \quad \beta = \tfrac19 $$

Shapes: everything of P boxes of a batch: logits (..., P) or (..., P, classes), codes (..., P, 4), masks of booleans (..., P). Sums run over the whole batch.
The box losses are divided by all sampled boxes, not by the positive ones: an image with few objects counts less.

>>> import torch
>>> positive, negative = torch.tensor([True, False, False]), torch.tensor([False, True, False])
>>> rpn_loss(torch.zeros(3), torch.ones(3, 4), torch.zeros(3, 4), positive, negative)
(tensor(0.6931), tensor(1.8889))

Source: Girshick 2015, "Fast R-CNN", arXiv:1504.08083; Ren et al. 2015, arXiv:1506.01497; He et al. 2017, arXiv:1703.06870; torchvision's β.
"""

import torch
from torch import Tensor
from torch.nn import functional as F

BETA = 1 / 9


def rpn_loss(objectness: Tensor, codes: Tensor, targets: Tensor, positive: Tensor, negative: Tensor) -> tuple[Tensor, Tensor]:
    """Whether there is something at an anchor, and where."""
    sampled = positive | negative
    what = F.binary_cross_entropy_with_logits(objectness[sampled], positive[sampled].to(objectness.dtype))
    where = F.smooth_l1_loss(codes[positive], targets[positive], beta=BETA, reduction="sum") / sampled.sum()
    return what, where


def box_loss(logits: Tensor, codes: Tensor, labels: Tensor, targets: Tensor, sampled: Tensor) -> tuple[Tensor, Tensor]:
    """Which class a box is (0 is background), and where it lies: `codes` (..., P, classes, 4), of which the label's count."""
    logits, codes, labels, targets = (tensor[sampled] for tensor in (logits, codes, labels, targets))
    positive = (labels > 0).nonzero()[:, 0]
    what = F.cross_entropy(logits, labels)
    where = F.smooth_l1_loss(codes[positive, labels[positive]], targets[positive], beta=BETA, reduction="sum") / len(labels)
    return what, where


def mask_loss(logits: Tensor, targets: Tensor, labels: Tensor, positive: Tensor) -> Tensor:
    """The cells of the label's mask: `logits` (..., P, classes, M, M), `targets` (..., P, M, M). Classes do not compete. 0 if nothing is positive."""
    if not positive.any():
        return logits.sum() * 0
    logits, targets, labels = logits[positive], targets[positive], labels[positive]
    return F.binary_cross_entropy_with_logits(logits[torch.arange(len(labels), device=labels.device), labels], targets)
