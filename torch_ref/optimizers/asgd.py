r"""Averaged stochastic gradient descent: PyTorch's own, the reference.

$$ \eta_t = \frac{\gamma}{(1 + \lambda_d \gamma t)^{\alpha}},\qquad
   \theta_t = (1 - \lambda_d\, \eta_{t-1})\, \theta_{t-1} - \eta_{t-1}\, g_t,\qquad
   a_t = a_{t-1} + \frac{\theta_t - a_{t-1}}{\max(1,\, t - 1 - t_0)} $$

γ `lr` (also η₀), λ_d `lambd`, α `alpha`, t₀ `t0`. The average a (`ax`) has its parameter's shape and is kept beside it; η (`eta`) is a number.

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(1))
>>> optimizer = ASGD([w], lr=1.0, lambd=0.0, t0=0)
>>> for gradient in (-1.0, -1.0, -1.0):
...     w.grad = torch.tensor([gradient])
...     optimizer.step()
>>> w.item(), optimizer.state[w]["ax"].item()  # 1, 2, 3: the average of the last two
(3.0, 2.5)

Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging".
"""

from torch.optim import ASGD as ASGD
