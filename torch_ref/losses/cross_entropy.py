r"""Cross-entropy of logits: PyTorch's own loss, the reference.

$$ \ell_n = -\sum_c w_c\,q_{nc} \log p_{nc}, \qquad p = \mathrm{softmax}(x), \qquad q_{nc} = (1 - s)\,y_{nc} + s/C $$

Shapes: input (N, C, d1, …) or (C,) logits; target (N, d1, …) or () labels (int64), or (N, C, d1, …) probabilities.
It contains the softmax (the notes: "集成了Softmax"); a model that ends in one as well cannot get below 0.905 with 5 classes.
The mean over labels divides by the sum of their weights; over probabilities by the number of targets. If all are ignored it is NaN.

>>> import torch
>>> CrossEntropyLoss()(torch.tensor([[2.0, 1.0, 0.1]]), torch.tensor([0]))
tensor(0.4170)
>>> y = torch.tensor([2, 0, 1])  # the notes' demo: the first prediction is the better one
>>> good = torch.tensor([[0.1, 0.02, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]])
>>> bad = torch.tensor([[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]])
>>> CrossEntropyLoss()(good, y), CrossEntropyLoss()(bad, y)
(tensor(0.4823), tensor(1.2389))

Source: Szegedy et al. 2015, arXiv:1512.00567 (label smoothing); the notes, "softmax & cross-entropy" and "交叉熵损失 demo 测试".
"""

from torch.nn import CrossEntropyLoss as CrossEntropyLoss
