r"""Adafactor: PyTorch's own, the reference.

$$ R_t = R_{t-1} + t^{\tau} (\overline{g_t^2}^{\,\text{row}} - R_{t-1}),\quad C_t = C_{t-1} + t^{\tau} (\overline{g_t^2}^{\,\text{column}} - C_{t-1}),\quad
   \hat v_t = \frac{R_t C_t}{\max(\bar R_t, \epsilon_1)},\quad u_t = \frac{g_t}{\sqrt{\max(\hat v_t, \epsilon_1^2)}} $$
$$ \theta_t = \theta_{t-1} - \max(\epsilon_2, \mathrm{rms}\,\theta_{t-1})\, \min(\gamma, t^{-1/2})\, \frac{u_t}{\max(1, \mathrm{rms}(u_t) / d)} $$

γ `lr`, τ `beta2_decay`, ε `eps`, d `d`. Of a parameter (…, r, c), R (`row_var`) is (…, r, 1) and C (`col_var`) (…, 1, c): r + c numbers in place of r·c.

>>> import torch
>>> w = torch.nn.Parameter(torch.ones(5, 3))
>>> optimizer = Adafactor([w])
>>> w.grad = torch.ones(5, 3)
>>> optimizer.step()
>>> w[0].detach(), [tuple(optimizer.state[w][name].shape) for name in ("row_var", "col_var")]
(tensor([0.9900, 0.9900, 0.9900]), [(5, 1), (1, 3)])

Source: Shazeer and Stern 2018, arXiv:1804.04235.
"""

from torch.optim import Adafactor as Adafactor
