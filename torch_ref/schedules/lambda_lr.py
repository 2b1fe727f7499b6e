r"""The initial rate, or the rate before, times any function of the step: PyTorch's own, the reference.

$$ \text{LambdaLR:}\quad \gamma_t = \gamma_0\,\lambda(t), \qquad \text{MultiplicativeLR:}\quad \gamma_t = \gamma_{t-1}\,\lambda(t) $$

λ is `lr_lambda`, a function of t or a list of one for each group. Rates are numbers.

>>> [round(rate, 3) for rate in trace(("LambdaLR", {"lr_lambda": "warm-up"}), steps=12)["rates"].tolist()]
[0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.1, 0.1]

Source: PyTorch's documentation, "LambdaLR", "MultiplicativeLR".
"""

from torch.optim.lr_scheduler import LambdaLR as LambdaLR
from torch.optim.lr_scheduler import MultiplicativeLR as MultiplicativeLR

from torch_ref.schedules._trace import trace as trace
