r"""One scheduler after the other: PyTorch's own, the reference.

$$ \gamma_t = f_i(t - m_i), \qquad m_i \le t < m_{i+1} $$

m are the `milestones`; at each the next scheduler begins at its own step 0. Rates are numbers.

>>> schedulers = [("LinearLR", {}), ("ExponentialLR", {"gamma": 0.5})]
>>> [round(rate, 4) for rate in trace(("SequentialLR", {"schedulers": schedulers, "milestones": [2]}), steps=5)["rates"].tolist()]
[0.0333, 0.0467, 0.1, 0.05, 0.025]

Source: PyTorch's documentation, "SequentialLR"; warm-up: Goyal et al. 2017, arXiv:1706.02677.
"""

from torch.optim.lr_scheduler import SequentialLR as SequentialLR

from torch_ref.schedules._trace import trace as trace
