r"""The rate shrinks by the same factor at every step: PyTorch's own, the reference.

$$ \gamma_t = \gamma_0\, g^t $$

g is `gamma`. Rates are numbers.

>>> [round(rate, 5) for rate in trace(("ExponentialLR", {"gamma": 0.5}), steps=4)["rates"].tolist()]
[0.1, 0.05, 0.025, 0.0125]

Source: PyTorch's documentation, "ExponentialLR".
"""

from torch.optim.lr_scheduler import ExponentialLR as ExponentialLR

from torch_ref.schedules._trace import trace as trace
