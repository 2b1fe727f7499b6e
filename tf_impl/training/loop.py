r"""The loop: forward, loss, gradients of a tape, step. By hand, with an optimizer, and with `compile` and `fit`.

$$ \theta \leftarrow \theta - \gamma\, \nabla_\theta \tfrac1n \textstyle\sum_i \ell(f_\theta(x_i), y_i) $$

Shapes: batches of x (n, …) and labels (n,), the last one may be smaller; the losses of `three_ways` are one number a step, or one an epoch.

Differs from PyTorch:
    Nothing is zeroed: a tape's gradients are new each time. The mode is an argument of the call, `model(x, training=True)`, not a state of the model.
    What `fit` prints during an epoch is the mean of all batches so far, each weighed by its size; the notes' loop prints the batch's own loss.
    `fit` shuffles unless `shuffle=False`, PyTorch's DataLoader does not unless `shuffle=True`.

Source: the notes, "1.6 Optimization"; Keras' guides "Writing a training loop from scratch" and "Training with built-in methods".
"""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import tensorflow as tf
from jaxtyping import Float, Int
from keras import ops

from tf_impl.losses import CrossEntropyLoss, keras_loss
from tf_impl.optimizers.sgd import SGD
from tf_impl.typing import Tensor

_Batches = Iterable[tuple[Tensor, Tensor]]


def train_loop(batches: _Batches, model: Any, loss_fn: Callable, optimizer: Any, size: int, every: int = 100) -> dict[str, list]:
    """One epoch. Returns every step's loss, and the lines that the notes print every 100 steps."""
    losses, lines, seen = [], [], 0
    for step, (x, y) in enumerate(batches):
        with tf.GradientTape() as tape:
            loss = loss_fn(model(x, training=True), y)
        optimizer.apply(tape.gradient(loss, [v.value for v in model.trainable_variables]), model.trainable_variables)
        losses.append(loss)
        if step % every == 0:
            lines.append(f"loss: {float(loss):>7f} [{seen:>5d}/{size:>5d}]")
        seen += len(x)
    return {"losses": losses, "lines": lines}


def test_loop(batches: _Batches, model: Any, loss_fn: Callable, size: int) -> dict[str, Any]:
    """Mean loss and accuracy of all examples, in evaluation mode; without a tape nothing is tracked."""
    total, correct = 0.0, 0
    for x, y in batches:
        scores = model(x, training=False)
        total += float(loss_fn(scores, y)) * len(x)
        correct += int(ops.sum(ops.cast(ops.argmax(scores, -1) == ops.cast(y, "int32"), "int32")))
    loss, accuracy = total / size, correct / size
    return {"loss": loss, "accuracy": accuracy, "line": f"Accuracy: {100 * accuracy:>0.1f}%, Avgloss: {loss:>8f}"}


def three_ways(x: Float[Tensor, "n h w c"], y: Int[Tensor, " n"], epochs: int, batch: int, lr: float) -> dict[str, Tensor | float | list[str]]:
    """The Fashion-MNIST perceptron, narrow, from one start: updates by hand, an optimizer, and `compile` with `fit`."""
    batches = [(x[i : i + batch], y[i : i + batch]) for i in range(0, len(x), batch)]
    loss_fn, told = CrossEntropyLoss(), {}

    model, losses = _model(x), []
    for _ in range(epochs):
        for images, labels in batches:
            with tf.GradientTape() as tape:
                loss = loss_fn(model(images, training=True), labels)
            for weight, gradient in zip(model.trainable_variables, tape.gradient(loss, [v.value for v in model.trainable_variables]), strict=True):
                weight.assign(weight - lr * gradient)
            losses.append(loss)
    told |= {"by_hand_losses": ops.stack(losses), "by_hand_weight": _first_weight(model)}

    model, losses, optimizer = _model(x), [], SGD(lr)
    for _ in range(epochs):
        done = train_loop(batches, model, loss_fn, optimizer, len(x), every=2)
        losses += done["losses"]
    tested = test_loop(batches, model, loss_fn, len(x))
    told |= {"loop_losses": ops.stack(losses), "loop_weight": _first_weight(model), "loop_progress": [line[12:] for line in done["lines"]]}
    told |= {"test_loss": ops.convert_to_tensor(tested["loss"], x.dtype), "test_accuracy": tested["accuracy"]}

    model = _model(x)
    model.compile(SGD(lr), keras_loss(loss_fn))
    history = model.fit(x, y, batch_size=batch, epochs=epochs, shuffle=False, verbose=0).history
    return told | {"library_epoch_losses": ops.convert_to_tensor(history["loss"], x.dtype), "library_weight": _first_weight(model)}


def _model(x: Tensor) -> keras.Model:
    from tf_impl.models.mlp import FashionMLP
    from tf_impl.saving._seeded import fill

    model = FashionMLP(int(ops.size(x)) // len(x), 12, 5)
    model(x)
    fill(model)
    return model


def _first_weight(model: keras.Model) -> Tensor:
    """In PyTorch's layout, a copy."""
    return ops.transpose(model.trainable_variables[0].value)
