r"""The rate drops every so many steps: PyTorch's own, the reference.

$$ \gamma_t = \gamma_0\; g^{\lfloor t / s \rfloor} $$

g is `gamma`, s is `step_size`. Rates are numbers.

>>> [round(rate, 5) for rate in trace(("StepLR", {"step_size": 3}), steps=8)["rates"].tolist()]
[0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001]

Source: PyTorch's documentation, "StepLR".
"""

from torch.optim.lr_scheduler import StepLR as StepLR

from torch_ref.schedules._trace import trace as trace
