r"""Adam: PyTorch's own, the reference.

$$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\qquad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, g_t^2,\qquad
   \theta_t = \theta_{t-1} - \gamma\, \frac{m_t / (1-\beta_1^t)}{\sqrt{v_t / (1-\beta_2^t)} + \epsilon} $$

γ `lr`, β `betas`, ε `eps`; `weight_decay` λ adds λθ to the gradient; `amsgrad` divides by the largest v so far. m (`exp_avg`) and v (`exp_avg_sq`) have
their parameter's shape.

The first step is γ long whatever the gradient, as long as it is far above ε:

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(3))
>>> optimizer = Adam([w], lr=0.1)
>>> w.grad = torch.tensor([100.0, 1e-3, -1e-8])
>>> optimizer.step()
>>> w.detach()
tensor([-0.1000, -0.1000,  0.0500])

Source: Kingma and Ba 2014, arXiv:1412.6980; amsgrad: Reddi et al. 2018, arXiv:1904.09237; the notes, "Optimizers".
"""

from torch.optim import Adam as Adam
