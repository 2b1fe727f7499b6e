r"""The rate moves on a straight line, a warm-up: PyTorch's own, the reference.

$$ \gamma_t = \gamma_0 \left( f_0 + (f_1 - f_0)\, \frac{\min(t, n)}{n} \right) $$

f₀ is `start_factor`, f₁ `end_factor`, n `total_iters`. Computed from the rate before. Rates are numbers.

>>> [round(rate, 5) for rate in trace(("LinearLR", {"start_factor": 0.5, "total_iters": 4}), steps=6)["rates"].tolist()]
[0.05, 0.0625, 0.075, 0.0875, 0.1, 0.1]

Source: PyTorch's documentation, "LinearLR".
"""

from torch.optim.lr_scheduler import LinearLR as LinearLR

from torch_ref.schedules._trace import trace as trace
