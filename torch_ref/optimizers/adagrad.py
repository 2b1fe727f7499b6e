r"""Adagrad: PyTorch's own, the reference.

$$ s_t = s_{t-1} + g_t^2,\qquad \theta_t = \theta_{t-1} - \frac{\gamma}{1 + (t-1)\,\eta}\, \frac{g_t}{\sqrt{s_t} + \epsilon} $$

γ `lr`, η `lr_decay`, s₀ `initial_accumulator_value`, ε `eps`. s (`sum`) has its parameter's shape and only grows: equal gradients make steps
of γ/√t.

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(1))
>>> optimizer = Adagrad([w], lr=1.0)
>>> for _ in range(4):
...     before, w.grad = w.item(), torch.ones(1)
...     optimizer.step()
...     print(round(before - w.item(), 4))
1.0
0.7071
0.5774
0.5

Source: Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization"; the notes, "Optimizers".
"""

from torch.optim import Adagrad as Adagrad
