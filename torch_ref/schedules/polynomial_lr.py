r"""The rate falls to zero as a power of what is left: PyTorch's own, the reference.

$$ \gamma_t = \gamma_0 \left( 1 - \frac{\min(t, n)}{n} \right)^p $$

n is `total_iters`, p is `power`. Computed from the rate before. Rates are numbers.

>>> [round(rate, 5) for rate in trace(("PolynomialLR", {"total_iters": 4, "power": 2}), steps=6)["rates"].tolist()]
[0.1, 0.05625, 0.025, 0.00625, 0.0, 0.0]

Source: PyTorch's documentation, "PolynomialLR"; Chen et al. 2016, DeepLab, arXiv:1606.00915 (p = 0.9).
"""

from torch.optim.lr_scheduler import PolynomialLR as PolynomialLR

from torch_ref.schedules._trace import trace as trace
