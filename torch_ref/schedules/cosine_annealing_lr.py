r"""The rate swings down and up again on a cosine: PyTorch's own, the reference.

$$ \gamma_t = \eta_\text{min} + \tfrac12 (\gamma_0 - \eta_\text{min}) \left( 1 + \cos\frac{\pi t}{T} \right) $$

T is `T_max`, η_min is `eta_min`. Computed from the rate before; after T it rises again. Rates are numbers.

>>> [round(rate, 4) for rate in trace(("CosineAnnealingLR", {"T_max": 4}), steps=9)["rates"].tolist()]
[0.1, 0.0854, 0.05, 0.0146, 0.0, 0.0146, 0.05, 0.0854, 0.1]

Source: Loshchilov and Hutter 2016, SGDR, arXiv:1608.03983, without its restarts.
"""

from torch.optim.lr_scheduler import CosineAnnealingLR as CosineAnnealingLR

from torch_ref.schedules._trace import trace as trace
