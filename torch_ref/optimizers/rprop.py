r"""Resilient backpropagation: PyTorch's own, the reference.

$$ s_t = \operatorname{clip}\!\left(s_{t-1} \cdot
   \begin{cases} \eta_+ & g_t\, p_{t-1} > 0 \\ \eta_- & g_t\, p_{t-1} < 0 \\ 1 & \text{else} \end{cases}\right),\qquad
   p_t = \begin{cases} 0 & g_t\, p_{t-1} < 0 \\ g_t & \text{else} \end{cases},\qquad \theta_t = \theta_{t-1} - \operatorname{sign}(p_t)\, s_t $$

s₀ `lr`, η₋ and η₊ `etas`, the clip's limits `step_sizes`. p (`prev`) and s (`step_size`) have their parameter's shape. Only signs count:

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(1))
>>> optimizer = Rprop([w], lr=0.1)
>>> for gradient in (1e-6, 1e6):
...     w.grad = torch.tensor([gradient])
...     optimizer.step()
>>> w.detach()  # −0.1, then −1.2·0.1
tensor([-0.2200])

Source: Riedmiller and Braun 1993, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm".
"""

from torch.optim import Rprop as Rprop
