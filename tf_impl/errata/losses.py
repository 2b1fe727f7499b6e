r"""What the notes say of losses, run: rounded numbers, swapped arguments, a constructor called with data, a wrong formula, a wrong average.

Shapes: logits (n, c) or (n,), labels (n,).

Differs from PyTorch:
    Keras' losses take (labels, prediction), PyTorch's (prediction, labels): what the notes do by mistake is right here.
    Swapped, a sparse cross-entropy raises on both sides. `keras.losses.CategoricalCrossentropy(predicted, actual)` takes the data for options, too.

Source: the notes, "softmax & cross-entropy", "training pipeline", `test_loop`, "Loss".
"""

import keras
import tensorflow as tf
from jaxtyping import Float, Int
from keras import ops

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def rounded() -> dict[str, Tensor]:
    """The notes' [2.0, 1.0, 0.1] -> [0.7, 0.2, 0.1] -> 0.36, and what comes without rounding in between."""
    logits = ops.convert_to_tensor([[2.0, 1.0, 0.1]], dtype=keras.config.floatx())
    return {
        "softmax": ops.softmax(logits)[0],
        "cross_entropy": _cross_entropy(logits, [0]),
        "of_the_rounded_probability": -ops.log(ops.convert_to_tensor(0.7, dtype=keras.config.floatx())),
    }


def swapped(
    prediction: Float[Tensor, " n"], labels: Float[Tensor, " n"], logits: Float[Tensor, "m c"], classes: Int[Tensor, " m"]
) -> dict[str, Tensor | bool | str | None]:
    """Swapped: harmless for a symmetric loss, and its gradient too; not for any other."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(prediction)
        right = keras.losses.mean_squared_error(labels, prediction)
        wrong = keras.losses.mean_squared_error(prediction, labels)
    return {
        "mse": right,
        "mse_swapped": wrong,
        "gradient": tape.gradient(right, prediction),
        "gradient_swapped": tape.gradient(wrong, prediction),
        **attempt("cross_entropy_swapped", lambda: keras.losses.sparse_categorical_crossentropy(logits, classes, from_logits=True)),
    }


def constructor(logits: Float[Tensor, "n c"], classes: Int[Tensor, " n"]) -> dict[str, Tensor | bool]:
    """`SparseCategoricalCrossentropy(actual, predicted)` makes an object whose options are the data."""
    made = keras.losses.SparseCategoricalCrossentropy(logits, classes[:1])  # from_logits=logits, ignore_class=classes
    return {"called": _cross_entropy(logits, classes), "is_a_number": ops.is_tensor(made), "is_a_loss": isinstance(made, keras.losses.Loss)}


def hand_written(logit: Float[Tensor, " n"], label: Float[Tensor, " n"]) -> dict[str, Tensor | bool]:
    """The notes' own binary cross-entropy with logits beside the framework's; theirs has no `return`."""

    def of_the_notes(logit: Tensor, label: Tensor) -> None:
        sigma = 1 / (1 + ops.exp(-logit))
        loss = -label * ops.log(sigma) - (1 - label) * ops.log(1 - ops.exp(-logit))  # noqa: F841 - as the notes have it

    sigma = ops.sigmoid(logit)
    return {
        "framework": ops.binary_crossentropy(label, logit, from_logits=True),
        "formula_of_the_notes": -label * ops.log(sigma) - (1 - label) * ops.log(1 - ops.exp(-logit)),
        "right_by_hand": -label * ops.log(sigma) - (1 - label) * ops.log(1 - sigma),
        "returns_nothing": of_the_notes(logit, label) is None,
    }


def average(logits: Float[Tensor, "n c"], classes: Int[Tensor, " n"], batch: int) -> dict[str, Tensor | float]:
    """`test_loss /= size`: a sum of batch means divided by the number of samples, and the mean it should be."""
    n = len(logits)
    means = ops.stack([_cross_entropy(logits[i : i + batch], classes[i : i + batch]) for i in range(0, n, batch)])
    return {
        "of_the_notes": ops.sum(means) / n,
        "over_batches": ops.mean(means),
        "over_samples": _cross_entropy(logits, classes),
        "times_too_small": ops.mean(means) / (ops.sum(means) / n),
        "first_epoch_of_the_notes": 0.024132 * 64,
    }


def sum_or_mean(x: Float[Tensor, "n d"], w: Float[Tensor, " d"], y: Float[Tensor, " n"]) -> dict[str, Tensor]:
    """The gradient of a batch is the sum or the mean of its samples', as the loss says."""
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(w)
        squares = ops.square(ops.matmul(x, w) - y)
        losses = {"sum": ops.sum(squares), "mean": ops.mean(squares)}
        each = [squares[i] for i in range(len(x))]
    gradients = ops.stack([tape.gradient(loss, w) for loss in each])
    return {name: tape.gradient(loss, w) for name, loss in losses.items()} | {
        "sum_of_each": ops.sum(gradients, axis=0),
        "mean_of_each": ops.mean(gradients, axis=0),
    }


def sigmoid_is_no_step() -> dict[str, Tensor]:
    """Values and slopes; a step has 0 and 1 and no slope."""
    x = ops.convert_to_tensor([-1.0, 0.0, 1.0], dtype=keras.config.floatx())
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = ops.sigmoid(x)
    return {"values": y, "slopes": tape.gradient(y, x)}


def _cross_entropy(logits: Tensor, classes: Tensor) -> Tensor:
    return ops.mean(ops.sparse_categorical_crossentropy(classes, logits, from_logits=True))
