r"""A smaller rate for the first steps: PyTorch's own, the reference.

$$ \gamma_t = \gamma_0 \cdot \begin{cases} f & t < n \\ 1 & \text{else} \end{cases} $$

f is `factor`, n is `total_iters`. Rates are numbers.

>>> [round(rate, 5) for rate in trace(("ConstantLR", {"factor": 0.5, "total_iters": 3}), steps=5)["rates"].tolist()]
[0.05, 0.05, 0.05, 0.1, 0.1]

Source: PyTorch's documentation, "ConstantLR".
"""

from torch.optim.lr_scheduler import ConstantLR as ConstantLR

from torch_ref.schedules._trace import trace as trace
