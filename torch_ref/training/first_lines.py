r"""The notes' first two fits, with the numbers they print at the end: w, b and the prediction at 4.

$$ \hat y = w x + b \;\to\; w = 2,\; b = 0 \qquad\text{and}\qquad \hat y = \sigma(w x + b),\; \text{pass} \iff \hat y > \tfrac12 $$

Shapes: x and y (N, 1); w, b and the prediction are numbers.

>>> import torch
>>> told = fit(torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[2.0], [4.0], [6.0]]), "line", steps=2000, lr=0.01)
>>> round(told["w"].item(), 2), round(told["prediction"].item(), 2)
(2.0, 8.0)

The notes' `MSELoss(size_average=False)` is `reduction="sum"` today; their test input [[4, 0]] has two features and is refused.

Source: the notes, "linear regression" (2000 steps) and "logistic regression" (1200 and 1500).
"""

import torch
from torch import Tensor, nn

from torch_ref.models.linear_regression import LinearModel
from torch_ref.models.logistic_regression import LogisticRegressionModel
from torch_ref.saving._seeded import fill
from torch_ref.tensors._refusal import attempt


def fit(x: Tensor, y: Tensor, kind: str, steps: int, lr: float) -> dict[str, Tensor | bool | str | None]:
    """`kind` "line" or "pass"; full-batch SGD on the sum of the losses."""
    model, loss_fn = (LinearModel(), nn.MSELoss(reduction="sum")) if kind == "line" else (LogisticRegressionModel(), nn.BCELoss(reduction="sum"))
    fill(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
    told = {"w": model.linear.weight.detach()[0, 0], "b": model.linear.bias.detach()[0], "prediction": model(x.new_tensor([[4.0]])).detach()[0, 0]}
    return told | {"loss": loss.detach(), "two_features_raised": attempt("x", lambda: model(x.new_tensor([[4.0, 0.0]])))["x_raised"]}
