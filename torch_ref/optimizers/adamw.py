r"""Adam with decoupled weight decay: PyTorch's own, the reference.

$$ \theta_t = (1 - \gamma\lambda)\,\theta_{t-1} - \gamma\, \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} $$

The decay λ does not pass through the averages m and v, so it is not divided by √v: without any gradient a weight still shrinks by 1 − γλ a step.

>>> import torch
>>> w = torch.nn.Parameter(torch.ones(1))
>>> optimizer = AdamW([w], lr=0.1, weight_decay=0.5)
>>> w.grad = torch.zeros(1)
>>> optimizer.step()
>>> w.detach()
tensor([0.9500])

Source: Loshchilov and Hutter 2017, arXiv:1711.05101.
"""

from torch.optim import AdamW as AdamW
