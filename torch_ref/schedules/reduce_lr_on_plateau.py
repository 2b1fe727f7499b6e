r"""The rate drops when a metric has stopped getting better: PyTorch's own, the reference.

$$ \gamma \leftarrow \max(f\,\gamma,\; \gamma_\text{min}) \quad\text{if}\quad \#\text{bad} > \texttt{patience},
   \qquad \text{better:}\quad m < b\,(1 - \tau) \;\text{(rel)}, \quad m < b - \tau \;\text{(abs)} $$

f is `factor`, τ `threshold`; m > b (1 + τ), m > b + τ for `mode="max"`. Rates and metrics are numbers.

>>> [round(rate, 4) for rate in trace(("ReduceLROnPlateau", {"patience": 2}), steps=6, metrics=[1.0] * 6)["rates"].tolist()]
[0.1, 0.1, 0.1, 0.1, 0.01, 0.01]

Source: PyTorch's documentation, "ReduceLROnPlateau".
"""

from torch.optim.lr_scheduler import ReduceLROnPlateau as ReduceLROnPlateau

from torch_ref.schedules._trace import trace as trace
