r"""Adadelta: PyTorch's own, the reference.

$$ v_t = \rho v_{t-1} + (1-\rho)\, g_t^2,\qquad \Delta_t = \sqrt{\frac{u_{t-1} + \epsilon}{v_t + \epsilon}}\; g_t,\qquad
   u_t = \rho u_{t-1} + (1-\rho)\, \Delta_t^2,\qquad \theta_t = \theta_{t-1} - \gamma\, \Delta_t $$

γ `lr`, ρ `rho`, ε `eps`. v (`square_avg`) and u (`acc_delta`) have their parameter's shape. u starts at 0, so ε alone sets the first step:

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(1))
>>> optimizer = Adadelta([w], rho=0.75, eps=1e-4)
>>> w.grad = torch.tensor([2.0])
>>> optimizer.step()  # √(1e-4 / (0.25·4))·2
>>> w.detach()
tensor([-0.0200])

Source: Zeiler 2012, arXiv:1212.5701.
"""

from torch.optim import Adadelta as Adadelta
