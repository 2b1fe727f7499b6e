r"""Running loss and accuracy over batches of unequal sizes: the mean of the examples, the mean of the batches, and what the notes print.

$$ \bar\ell = \frac{\sum_b n_b\, \ell_b}{\sum_b n_b}, \qquad \text{of batches: } \frac1B \sum_b \ell_b, \qquad \text{the notes: } \frac{1}{N} \sum_b \ell_b $$

Shapes: scores (N, classes), labels (N,).

Differs from PyTorch:
    PyTorch has no metrics: the loop adds them up. `keras.metrics.Mean` does, given the batch's size as `sample_weight`; without it a small last batch counts
    as much as a full one. Keras' metrics add up in `floatx`: over 60,000 batches a mean of 0.1 is off by 5.8e-4 of itself in float32,
    by 7e-13 in Python's floats. A Python float given to `update_state` is rounded to float32 in a float64 metric too.

Source: the notes, "1.6 Optimization", `test_loop`; Keras' documentation, "Metrics".
"""

import keras
from jaxtyping import Float, Int
from keras import ops

from tf_impl.losses.cross_entropy import CrossEntropyLoss
from tf_impl.typing import Tensor


class Running:
    """Keras' own metrics, asked for as in the notes' loop.

    Shapes: numbers in, numbers out.

    Differs from PyTorch:
        PyTorch has nothing of the kind.
    """

    def __init__(self) -> None:
        self._loss, self._batch_loss, self._accuracy = (keras.metrics.Mean() for _ in range(3))

    def update(self, loss: float, correct: int, size: int) -> None:
        """Adds a batch's mean loss, its number of right answers and its size."""
        mean, share = (ops.convert_to_tensor(number, keras.config.floatx()) for number in (loss, correct / size))  # a Python float would be rounded to float32
        self._loss.update_state(mean, sample_weight=size)
        self._batch_loss.update_state(mean)
        self._accuracy.update_state(share, sample_weight=size)

    @property
    def loss(self) -> float:
        """The mean of the examples."""
        return float(self._loss.result())

    @property
    def batch_loss(self) -> float:
        """The mean of the batches: a small last batch counts as much as a full one."""
        return float(self._batch_loss.result())

    @property
    def accuracy(self) -> float:
        return float(self._accuracy.result())


def observe_metrics(scores: Float[Tensor, "n c"], labels: Int[Tensor, " n"], batch: int) -> dict[str, Tensor | float | int]:
    """All of them over one set of scores, and accuracies in other words: top-3, by class."""
    running, loss_fn, exact = Running(), CrossEntropyLoss(), keras.metrics.SparseCategoricalAccuracy()
    predicted = ops.cast(ops.argmax(scores, -1), labels.dtype)
    for start in range(0, len(scores), batch):
        some, right = scores[start : start + batch], labels[start : start + batch]
        hits = int(ops.sum(ops.cast(predicted[start : start + batch] == right, "int32")))
        running.update(float(loss_fn(some, right)), hits, len(some))
        exact.update_state(right, some)
    classes = [int(ops.sum(ops.cast(ops.logical_and(predicted == c, labels == c), "int32"))) for c in range(scores.shape[-1])]
    batches = -(-len(scores) // batch)
    return {
        "loss": ops.convert_to_tensor(running.loss, scores.dtype),
        "batch_loss": ops.convert_to_tensor(running.batch_loss, scores.dtype),
        "notes_average": ops.convert_to_tensor(running.batch_loss * batches / len(scores), scores.dtype),
        "library_loss": loss_fn(scores, labels),
        "accuracy": round(running.accuracy * len(scores)) / len(scores),
        "library_accuracy": round(float(exact.result()) * len(scores)) / len(scores),
        "right_in_the_first_three": int(ops.sum(ops.cast(ops.any(ops.top_k(scores, 3)[1] == ops.cast(labels, "int32")[:, None], -1), "int32"))),
        "right_by_class": classes,
    }
