r"""Rectified Adam: PyTorch's own, the reference.

$$ \rho_\infty = \frac{2}{1-\beta_2} - 1,\qquad \rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1-\beta_2^t},\qquad
   r_t = \sqrt{\frac{(\rho_t-4)(\rho_t-2)\,\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\,\rho_t}},\qquad
   \theta_t = \theta_{t-1} - \gamma\, \frac{m_t}{1-\beta_1^t} \cdot
   \begin{cases} r_t \sqrt{1-\beta_2^t} \,/\, (\sqrt{v_t} + \epsilon) & \rho_t > 5 \\ 1 & \text{else} \end{cases} $$

γ `lr`, β `betas`, ε `eps`; m (`exp_avg`) and v (`exp_avg_sq`) are Adam's averages and have their parameter's shape. With β₂ = 0.999 the first five steps
are plain momentum, the sixth is adapted and 0.03 times as long as Adam's:

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(1))
>>> optimizer = RAdam([w], lr=0.1)
>>> for _ in range(6):
...     before, w.grad = w.item(), torch.tensor([10.0])
...     optimizer.step()
...     print(round(before - w.item(), 4))
1.0
1.0
1.0
1.0
1.0
0.0026

Source: Liu et al. 2019, arXiv:1908.03265.
"""

from torch.optim import RAdam as RAdam
