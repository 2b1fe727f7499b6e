r"""Running loss and accuracy over batches of unequal sizes: the mean of the examples, the mean of the batches, and what the notes print.

$$ \bar\ell = \frac{\sum_b n_b\, \ell_b}{\sum_b n_b}, \qquad \text{of batches: } \frac1B \sum_b \ell_b, \qquad \text{the notes: } \frac{1}{N} \sum_b \ell_b $$

Shapes: scores (N, classes), labels (N,).

>>> running = Running()
>>> running.update(2.0, correct=3, size=4)
>>> running.update(1.0, correct=1, size=2)
>>> round(running.loss, 4), round(running.accuracy, 4), running.batch_loss
(1.6667, 0.6667, 1.5)

Source: the notes, "1.6 Optimization", `test_loop`. Their `test_loss /= size` divides the sum of batch means by the number of examples: 0.0241 for 1.544.
"""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


class Running:
    """Sums over batches; what is asked for is worked out at the end."""

    def __init__(self) -> None:
        self.examples = self.batches = self.hits = 0
        self.total = self.batch_total = 0.0

    def update(self, loss: float, correct: int, size: int) -> None:
        """Adds a batch's mean loss, its number of right answers and its size."""
        self.examples, self.batches, self.hits = self.examples + size, self.batches + 1, self.hits + correct
        self.total, self.batch_total = self.total + loss * size, self.batch_total + loss

    @property
    def loss(self) -> float:
        """The mean of the examples."""
        return self.total / self.examples

    @property
    def batch_loss(self) -> float:
        """The mean of the batches: a small last batch counts as much as a full one."""
        return self.batch_total / self.batches

    @property
    def accuracy(self) -> float:
        return self.hits / self.examples


def observe_metrics(scores: Tensor, labels: Tensor, batch: int) -> dict[str, Tensor | float | int]:
    """All of them over one set of scores, and accuracies in other words: top-3, by class."""
    running = Running()
    for some, right in zip(scores.split(batch), labels.split(batch), strict=True):
        running.update(cross_entropy(some, right).item(), int((some.argmax(-1) == right).sum()), len(some))
    classes = [int(((scores.argmax(-1) == c) & (labels == c)).sum()) for c in range(scores.shape[-1])]
    return {
        "loss": torch.tensor(running.loss, dtype=scores.dtype),
        "batch_loss": torch.tensor(running.batch_loss, dtype=scores.dtype),
        "notes_average": torch.tensor(running.batch_total / running.examples, dtype=scores.dtype),
        "library_loss": cross_entropy(scores, labels),
        "accuracy": running.accuracy,
        "library_accuracy": (scores.argmax(-1) == labels).double().mean().item(),
        "right_in_the_first_three": int((scores.topk(3).indices == labels[:, None]).any(-1).sum()),
        "right_by_class": classes,
    }
