r"""RMSprop: PyTorch's own, the reference.

$$ v_t = \alpha v_{t-1} + (1-\alpha)\, g_t^2,\qquad b_t = \mu\, b_{t-1} + \frac{g_t}{\sqrt{v_t - \bar g_t^2} + \epsilon},\qquad
   \theta_t = \theta_{t-1} - \gamma\, b_t $$

γ `lr`, α `alpha`, ε `eps`, μ `momentum`; ḡ is the decaying mean gradient if `centered`, else 0. v (`square_avg`), b (`momentum_buffer`) and
ḡ (`grad_avg`) have their parameter's shape.

>>> import torch
>>> w = torch.nn.Parameter(torch.zeros(1))
>>> optimizer = RMSprop([w], lr=0.1, alpha=0.75)
>>> w.grad = torch.tensor([8.0])
>>> optimizer.step()  # v = 0.25·64 = 16: a step of 0.1·8/4
>>> w.detach()
tensor([-0.2000])

Source: Hinton 2012, lecture 6e of "Neural Networks for Machine Learning"; centered: Graves 2013, arXiv:1308.0850; the notes, "Optimizers".
"""

from torch.optim import RMSprop as RMSprop
