r"""The rate drops at given steps: PyTorch's own, the reference.

$$ \gamma_t = \gamma_0\; g^{\#\{m \,\le\, t\}} $$

g is `gamma`, m are the `milestones`; one that is named twice counts twice. Rates are numbers.

>>> [round(rate, 5) for rate in trace(("MultiStepLR", {"milestones": [3, 6]}), steps=8)["rates"].tolist()]
[0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.001, 0.001]

Source: PyTorch's documentation, "MultiStepLR".
"""

from torch.optim.lr_scheduler import MultiStepLR as MultiStepLR

from torch_ref.schedules._trace import trace as trace
