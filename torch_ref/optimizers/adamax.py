r"""Adamax: PyTorch's own, the reference.

$$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\qquad u_t = \max(\beta_2 u_{t-1},\; |g_t| + \epsilon),\qquad
   \theta_t = \theta_{t-1} - \frac{\gamma}{1-\beta_1^t}\, \frac{m_t}{u_t} $$

γ `lr`, β `betas`, ε `eps`. m (`exp_avg`) and u (`exp_inf`) have their parameter's shape.

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(2))
>>> optimizer = Adamax([w], lr=0.1)
>>> w.grad = torch.tensor([50.0, -0.001])
>>> optimizer.step()
>>> w.detach()
tensor([-0.1000,  0.1000])

Source: Kingma and Ba 2014, arXiv:1412.6980, section 7.
"""

from torch.optim import Adamax as Adamax
