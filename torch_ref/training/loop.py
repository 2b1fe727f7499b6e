r"""The loop: forward, loss, zero the gradients, backward, step. By hand, with an optimizer, and without any state.

$$ \theta \leftarrow \theta - \gamma\, \nabla_\theta \tfrac1n \textstyle\sum_i \ell(f_\theta(x_i), y_i) $$

Shapes: batches of x (n, …) and labels (n,), the last one may be smaller; the losses of `three_ways` are one number a step, or one an epoch.

>>> import torch
>>> model, batches = torch.nn.Linear(2, 3), [(torch.ones(4, 2), torch.tensor([0, 1, 2, 0]))]
>>> told = train_loop(batches, model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1), size=4)
>>> len(told["losses"]), told["lines"][0][:6], sorted(test_loop(batches, model, torch.nn.CrossEntropyLoss(), size=4))
(1, 'loss: ', ['accuracy', 'line', 'loss'])

Source: the notes, "1.6 Optimization", `train_loop` and `test_loop`. Their `test_loss /= size` divides a sum of batch means by the number of examples, so that
the printed "Avgloss" is a batch size too small (0.0241 is 1.544); here it is the mean of the examples.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

_Batches = Iterable[tuple[Tensor, Tensor]]


def train_loop(batches: _Batches, model: Any, loss_fn: Callable, optimizer: Any, size: int, every: int = 100) -> dict[str, list]:
    """One epoch. Returns every step's loss, and the lines that the notes print every 100 steps."""
    model.train()
    losses, lines, seen = [], [], 0
    for step, (x, y) in enumerate(batches):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        if step % every == 0:
            lines.append(f"loss: {loss.item():>7f} [{seen:>5d}/{size:>5d}]")
        seen += len(x)
    return {"losses": losses, "lines": lines}


def test_loop(batches: _Batches, model: Any, loss_fn: Callable, size: int) -> dict[str, Any]:
    """Mean loss and accuracy of all examples, in evaluation mode and without gradients."""
    model.eval()
    total, correct = 0.0, 0
    with torch.no_grad():
        for x, y in batches:
            scores = model(x)
            total += loss_fn(scores, y).item() * len(x)
            correct += int((scores.argmax(-1) == y).sum())
    loss, accuracy = total / size, correct / size
    return {"loss": loss, "accuracy": accuracy, "line": f"Accuracy: {100 * accuracy:>0.1f}%, Avgloss: {loss:>8f}"}


def three_ways(x: Tensor, y: Tensor, epochs: int, batch: int, lr: float) -> dict[str, Tensor | float | list[str]]:
    """The Fashion-MNIST perceptron, narrow, from one start: updates by hand, an optimizer, and `torch.func` (Keras: `compile` and `fit`)."""
    batches = list(zip(x.split(batch), y.split(batch), strict=True))
    loss_fn, told = nn.CrossEntropyLoss(), {}

    model, losses = _model(x), []
    for _ in range(epochs):
        for images, labels in batches:
            loss = loss_fn(model(images), labels)
            gradients = torch.autograd.grad(loss, list(model.parameters()))
            with torch.no_grad():
                for weight, gradient in zip(model.parameters(), gradients, strict=True):
                    weight -= lr * gradient
            losses.append(loss.detach())
    told |= {"by_hand_losses": torch.stack(losses), "by_hand_weight": model.linear_relu_stack[0].weight}

    model, losses = _model(x), []
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        done = train_loop(batches, model, loss_fn, optimizer, len(x), every=2)
        losses += done["losses"]
    tested = test_loop(batches, model, loss_fn, len(x))
    told |= {"loop_losses": torch.stack(losses), "loop_weight": model.linear_relu_stack[0].weight, "loop_progress": [line[12:] for line in done["lines"]]}
    told |= {"test_loss": torch.tensor(tested["loss"], dtype=x.dtype), "test_accuracy": tested["accuracy"]}

    model = _model(x)
    weights, means = {name: p.detach() for name, p in model.named_parameters()}, []

    def objective(weights: dict, images: Tensor, labels: Tensor) -> Tensor:
        return loss_fn(torch.func.functional_call(model, weights, (images,)), labels)

    for _ in range(epochs):
        total = 0.0
        for images, labels in batches:
            gradients, loss = torch.func.grad_and_value(objective)(weights, images, labels)
            weights = {name: weight - lr * gradients[name] for name, weight in weights.items()}
            total = total + loss * len(images)
        means.append(total / len(x))
    return told | {"library_epoch_losses": torch.stack(means), "library_weight": weights["linear_relu_stack.0.weight"]}


def _model(x: Tensor) -> nn.Module:
    from torch_ref.models.mlp import FashionMLP
    from torch_ref.saving._seeded import fill

    model = FashionMLP(x[0].numel(), 12, 5)
    fill(model)
    return model
