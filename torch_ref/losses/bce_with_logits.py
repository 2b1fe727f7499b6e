r"""Binary cross-entropy of logits: PyTorch's own loss, the reference.

$$ \ell = -w\bigl(v\,t \log\sigma(x) + (1 - t) \log(1 - \sigma(x))\bigr) $$

Shapes: input (logits) and target alike, any number of axes; weight w and pos_weight v broadcast to them.
Computed as (1 − t)·x − log σ(x), it neither overflows nor clamps.

>>> import torch
>>> BCEWithLogitsLoss(reduction="none")(torch.tensor([5.0, 1.0, 3.0]), torch.tensor([1.0, 0.0, 1.0]))
tensor([0.0067, 1.3133, 0.0486])

Source: the notes, "BCEWithLogitsLoss" and "binary_cross_entropy_with_logits".
"""

from torch.nn import BCEWithLogitsLoss as BCEWithLogitsLoss
