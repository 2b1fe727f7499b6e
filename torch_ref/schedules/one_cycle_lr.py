r"""One rise of the rate and one long fall, the momentum against it: PyTorch's own, the reference.

$$ \gamma: \frac{\gamma_\text{max}}{d} \to \gamma_\text{max} \to \frac{\gamma_\text{max}}{d\,e}, \qquad
   \mu: \mu_\text{max} \to \mu_\text{base} \to \mu_\text{max}, \qquad
   a \to b:\quad b + \tfrac12 (a - b)(1 + \cos \pi p) $$

d is `div_factor`, e `final_div_factor`. The rise ends at step `pct_start`·n − 1, the fall at n − 1. Rates and momenta are numbers.

>>> [round(rate, 3) for rate in trace(("OneCycleLR", {"max_lr": 1.0, "total_steps": 10}), steps=10)["rates"].tolist()]
[0.04, 0.52, 1.0, 0.95, 0.812, 0.611, 0.389, 0.188, 0.05, 0.0]

Source: Smith and Topin 2017, "Super-convergence", arXiv:1708.07120.
"""

from torch.optim.lr_scheduler import OneCycleLR as OneCycleLR

from torch_ref.schedules._trace import trace as trace
