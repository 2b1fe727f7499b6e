r"""What the notes say of losses, run: rounded numbers, swapped arguments, a constructor called with data, a wrong formula, a wrong average.

| the notes say | measured |
|---|---|
| cross-entropy of [2, 1, 0.1] with class 0 is 0.36 | 0.4170; 0.36 is −ln 0.7, of the rounded probability (exactly 0.3567) |
| `loss(labels, y_pred)` | the same value for MSE, an error or another value for cross-entropy |
| `nn.CrossEntropyLoss(predicted, actual)` | builds a loss; no loss is computed |
| −y ln σ − (1 − y) ln(1 − e^{−x}) | wrong for y = 0: 0.4587 for 1.3133 at x = 1; and the function returns nothing |
| `test_loss /= size` | the mean over batches divided by the batch size once more: 0.0241 is 1.544 |
| "sigmod 是一个阶跃函数" | σ(−1), σ(0), σ(1) = 0.27, 0.5, 0.73: no step |

Shapes: logits (n, c) or (n,), labels (n,).

>>> rounded()["cross_entropy"]
tensor(0.4170)

Source: the notes, "softmax & cross-entropy", "training pipeline", `test_loop`, "Loss".
"""

import warnings

import torch
from torch import Tensor
from torch.nn import functional

from torch_ref.tensors._refusal import attempt


def rounded() -> dict[str, Tensor]:
    """The notes' [2.0, 1.0, 0.1] -> [0.7, 0.2, 0.1] -> 0.36, and what comes without rounding in between."""
    logits = torch.tensor([[2.0, 1.0, 0.1]])
    return {
        "softmax": torch.softmax(logits, dim=1)[0],
        "cross_entropy": functional.cross_entropy(logits, torch.tensor([0])),
        "of_the_rounded_probability": -torch.log(torch.tensor(0.7)),
    }


def swapped(prediction: Tensor, labels: Tensor, logits: Tensor, classes: Tensor) -> dict[str, Tensor | bool | str | None]:
    """(labels, prediction): harmless for a symmetric loss, and its gradient too; not for any other."""
    prediction = prediction.detach().requires_grad_()
    right = functional.mse_loss(prediction, labels)
    (right_gradient,) = torch.autograd.grad(right, prediction)
    wrong = functional.mse_loss(labels, prediction)
    (wrong_gradient,) = torch.autograd.grad(wrong, prediction)
    return {
        "mse": right,
        "mse_swapped": wrong,
        "gradient": right_gradient,
        "gradient_swapped": wrong_gradient,
        **attempt("cross_entropy_swapped", lambda: functional.cross_entropy(classes, logits)),
    }


def constructor(logits: Tensor, classes: Tensor) -> dict[str, Tensor | bool]:
    """`CrossEntropyLoss(predicted, actual)` makes an object whose options are the data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = torch.nn.CrossEntropyLoss(logits, classes[:1])  # weight=logits, size_average=classes
    return {"called": torch.nn.CrossEntropyLoss()(logits, classes), "is_a_number": isinstance(made, Tensor), "is_a_loss": isinstance(made, torch.nn.Module)}


def hand_written(logit: Tensor, label: Tensor) -> dict[str, Tensor | bool]:
    """The notes' own binary cross-entropy with logits beside the framework's; theirs has no `return`."""

    def of_the_notes(logit: Tensor, label: Tensor) -> None:
        sigma = 1 / (1 + torch.exp(-logit))
        loss = -label * torch.log(sigma) - (1 - label) * torch.log(1 - torch.exp(-logit))  # noqa: F841 - as the notes have it

    sigma = torch.sigmoid(logit)
    return {
        "framework": functional.binary_cross_entropy_with_logits(logit, label, reduction="none"),
        "formula_of_the_notes": -label * torch.log(sigma) - (1 - label) * torch.log(1 - torch.exp(-logit)),
        "right_by_hand": -label * torch.log(sigma) - (1 - label) * torch.log(1 - sigma),
        "returns_nothing": of_the_notes(logit, label) is None,
    }


def average(logits: Tensor, classes: Tensor, batch: int) -> dict[str, Tensor | float]:
    """`test_loss /= size`: a sum of batch means divided by the number of samples, and the mean it should be."""
    means = torch.stack([functional.cross_entropy(x, y) for x, y in zip(logits.split(batch), classes.split(batch), strict=True)])
    return {
        "of_the_notes": means.sum() / len(logits),
        "over_batches": means.mean(),
        "over_samples": functional.cross_entropy(logits, classes),
        "times_too_small": means.mean() / (means.sum() / len(logits)),
        "first_epoch_of_the_notes": 0.024132 * 64,
    }


def sum_or_mean(x: Tensor, w: Tensor, y: Tensor) -> dict[str, Tensor]:
    """The gradient of a batch is the sum or the mean of its samples', as the loss says."""
    w = w.detach().requires_grad_()
    found = {}
    for reduction in ("sum", "mean"):
        (found[reduction],) = torch.autograd.grad(functional.mse_loss(x @ w, y, reduction=reduction), w)
    each = [torch.autograd.grad(functional.mse_loss(x[i] @ w, y[i]), w)[0] for i in range(len(x))]
    return {**found, "sum_of_each": torch.stack(each).sum(0), "mean_of_each": torch.stack(each).mean(0)}


def sigmoid_is_no_step() -> dict[str, Tensor]:
    """Values and slopes; a step has 0 and 1 and no slope."""
    x = torch.tensor([-1.0, 0.0, 1.0], requires_grad=True)
    y = torch.sigmoid(x)
    (slope,) = torch.autograd.grad(y.sum(), x)
    return {"values": y, "slopes": slope}
