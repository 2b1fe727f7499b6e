r"""Stochastic gradient descent, with momentum: PyTorch's own, the reference.

$$ g_t = \nabla f(\theta_{t-1}) + \lambda\,\theta_{t-1},\qquad
   b_1 = g_1,\quad b_t = \mu\, b_{t-1} + (1-\tau)\, g_t,\qquad
   \theta_t = \theta_{t-1} - \gamma \cdot \begin{cases} g_t + \mu b_t & \text{nesterov} \\ b_t & \text{else} \end{cases} $$

γ `lr`, μ `momentum`, τ `dampening`, λ `weight_decay`. The buffer b has its parameter's shape and does not contain γ.

>>> import torch
>>> w = torch.nn.Parameter(torch.tensor([1.0]))
>>> optimizer = SGD([w], lr=0.1, momentum=0.9)
>>> for _ in range(2):
...     optimizer.zero_grad()
...     (w**2 / 2).sum().backward()
...     optimizer.step()
>>> w.detach()  # 1 − 0.1·1 = 0.9, then 0.9 − 0.1·(0.9·1 + 0.9)
tensor([0.7200])

Source: Polyak 1964; Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning"; the notes, "Optimizers".
"""

from torch.optim import SGD as SGD
