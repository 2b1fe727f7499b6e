r"""The rate goes up and down between two bounds, the momentum down and up: PyTorch's own, the reference.

$$ \gamma_t = \gamma_\text{base} + (\gamma_\text{max} - \gamma_\text{base})\; h_t\, s, \qquad
   \mu_t = \mu_\text{max} - (\mu_\text{max} - \mu_\text{base})\; h_t\, s $$

h goes from 0 to 1 in `step_size_up` steps and back in `step_size_down`; s is 1, 2^{1−cycle} or `gamma`^t. Rates and momenta are numbers.

>>> [round(rate, 4) for rate in trace(("CyclicLR", {"base_lr": 0.1, "max_lr": 0.5, "step_size_up": 2}), steps=6)["rates"].tolist()]
[0.1, 0.3, 0.5, 0.3, 0.1, 0.3]

Source: Smith 2015, "Cyclical learning rates for training neural networks", arXiv:1506.01186.
"""

from torch.optim.lr_scheduler import CyclicLR as CyclicLR

from torch_ref.schedules._trace import trace as trace
