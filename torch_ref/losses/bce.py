r"""Binary cross-entropy of probabilities: PyTorch's own loss, the reference.

$$ \ell = -w\bigl(t \log p + (1 - t) \log(1 - p)\bigr) $$

Shapes: input (probabilities) and target alike, any number of axes; weight broadcast to them.
The logarithms are clamped at −100, so a confident error costs at most 100; the gradient (p − t)/max(p(1 − p), 1e-12) is not clamped to 0.

>>> import torch
>>> BCELoss(reduction="none")(torch.tensor([0.9, 0.0, 1.0]), torch.tensor([1.0, 1.0, 1.0]))
tensor([  0.1054, 100.0000,  -0.0000])

One number at a time and averaged, or all at once: the same (the notes' demo).

>>> row = [0.3585, 0.5973, -0.4429, -0.0270, 0.2480, 0.3332, -2.0774, 0.1682]
>>> x = torch.sigmoid(torch.tensor([[*row, 1.5812, -1.5677], [*row, 1.1252, -1.5677]]))
>>> t = torch.tensor([[1.0, 0, 0, 0, 1, 0, 0, 0, 0, 0]] * 2)
>>> one_by_one = sum(BCELoss()(a, b) for a, b in zip(x.flatten(), t.flatten())) / 20
>>> BCELoss()(x, t), torch.allclose(one_by_one, BCELoss()(x, t))
(tensor(0.6867), True)

Source: the notes, "BCELoss".
"""

from torch.nn import BCELoss as BCELoss
