r"""Cosines that start anew, each longer than the last: PyTorch's own, the reference.

$$ \gamma_t = \eta_\text{min} + \tfrac12 (\gamma_0 - \eta_\text{min}) \left( 1 + \cos\frac{\pi\, T_\text{cur}}{T_i} \right),
   \qquad T_{i+1} = T_\text{mult}\, T_i $$

`T_0` is the length of the first fall; `step(epoch)` takes fractions of an epoch. Rates are numbers.

>>> [round(rate, 4) for rate in trace(("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2}), steps=7)["rates"].tolist()]
[0.1, 0.05, 0.1, 0.0854, 0.05, 0.0146, 0.1]

Source: Loshchilov and Hutter 2016, SGDR, arXiv:1608.03983.
"""

from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts as CosineAnnealingWarmRestarts

from torch_ref.schedules._trace import trace as trace
