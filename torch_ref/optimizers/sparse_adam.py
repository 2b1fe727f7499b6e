r"""Adam on the rows that were looked up: PyTorch's own, the reference.

$$ \theta_i \leftarrow \theta_i - \gamma\, \frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t}\, \frac{m_i}{\sqrt{v_i} + \epsilon}
   \quad\text{for the rows } i \text{ of the gradient} $$

γ `lr`, β `betas`, ε `eps`; t counts all steps. Rows that a batch does not look up keep their averages m (`exp_avg`) and v (`exp_avg_sq`) and do not move:

>>> import torch
>>> table, ids = torch.zeros(3, 1), torch.tensor([[0, 0], [0, 2]])
>>> train_rows(table, ids, torch.ones(2, 1), lr=0.1)["table"].T  # row 2 was looked up once, row 1 never
tensor([[0.1916, 0.0000, 0.0744]])

Source: Kingma and Ba 2014, arXiv:1412.6980.
"""

from typing import Any

import torch
from torch import Tensor
from torch.optim import SparseAdam as SparseAdam


def train_rows(table: Tensor, ids: Tensor, targets: Tensor, **config: Any) -> dict[str, Tensor]:
    """Steps the rows `ids[step]` of `table` (rows, width) towards `targets` (looked up, width), once for each row of `ids` (steps, looked up)."""
    parameter = torch.nn.Parameter(table.clone())
    optimizer = SparseAdam([parameter], **config)
    for looked_up in ids:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(torch.nn.functional.embedding(looked_up, parameter, sparse=True), targets).backward()
        optimizer.step()
    state = optimizer.state[parameter]
    return {"table": parameter.detach(), "exp_avg": state["exp_avg"], "exp_avg_sq": state["exp_avg_sq"]}
