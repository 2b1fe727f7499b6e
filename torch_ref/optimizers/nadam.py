r"""Adam with Nesterov momentum: PyTorch's own, the reference.

$$ \mu_t = \beta_1 \left(1 - \tfrac12\, 0.96^{\,t\psi}\right),\qquad
   \hat m_t = \frac{\mu_{t+1}\, m_t}{1 - \prod_{i=1}^{t+1} \mu_i} + \frac{(1-\mu_t)\, g_t}{1 - \prod_{i=1}^{t} \mu_i},\qquad
   \theta_t = \theta_{t-1} - \gamma\, \frac{\hat m_t}{\sqrt{v_t / (1-\beta_2^t)} + \epsilon} $$

γ `lr`, β `betas`, ε `eps`, ψ `momentum_decay`; m (`exp_avg`) and v (`exp_avg_sq`) are Adam's averages and have their parameter's shape, `mu_product` is a
number.

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(1))
>>> optimizer = NAdam([w], lr=0.1)
>>> w.grad = torch.ones(1)
>>> optimizer.step()  # (1 − 0.45)/(1 − 0.45) + 0.45·0.1/(1 − 0.45²)
>>> w.detach()
tensor([-0.1056])

Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam".
"""

from torch.optim import NAdam as NAdam
