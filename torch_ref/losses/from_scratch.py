r"""Softmax, cross-entropy and binary cross-entropy written by hand in NumPy, as in the notes, beside PyTorch's own.

$$ p_i = \frac{e^{x_i}}{\sum_j e^{x_j}} \qquad \mathrm{CE} = -\sum_i y_i \log p_i \qquad
   \mathrm{BCE}_i = -y_i \log\sigma(x_i) - (1 - y_i) \log(1 - \sigma(x_i)) $$

Three things in the notes do not hold. Their cross-entropy of 0.36 is −ln 0.7, from probabilities rounded to one digit; unrounded it is 0.417.
Their binary cross-entropy has log(1 − e⁻ˣ) where log(1 − σ(x)) is meant (0.4587 for 1.3133), and returns nothing.
And exp(x) overflows beyond 709; the greatest logit is subtracted first here, which changes nothing else.

>>> import numpy as np
>>> p = softmax(np.array([2.0, 1.0, 0.1]))
>>> p.round(2), cross_entropy(np.array([1.0, 0.0, 0.0]), p).round(3)
(array([0.66, 0.24, 0.1 ]), np.float64(0.417))
>>> binary_cross_entropy_with_logits(np.array([5.0, 1.0, 3.0]), np.array([1.0, 0.0, 1.0])).round(4)
array([0.0067, 1.3133, 0.0486])

Source: the notes, "softmax & corss-entropy & binary_cross_entropy_with_logits".
"""

from typing import Any

import numpy as np
import torch
from torch.nn import functional


def softmax(x: np.ndarray) -> np.ndarray:
    """Along axis 0."""
    shifted = np.exp(x - np.max(x, axis=0, keepdims=True))
    return shifted / np.sum(shifted, axis=0, keepdims=True)


def cross_entropy(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Of probabilities, summed over everything."""
    return -np.sum(actual * np.log(predicted))


def binary_cross_entropy_with_logits(logit: np.ndarray, label: np.ndarray) -> np.ndarray:
    """For each element; log(1 − σ) is log σ of the negative logit."""
    return label * np.log1p(np.exp(-logit)) + (1 - label) * np.log1p(np.exp(logit))


def compare_softmax(x: torch.Tensor) -> dict[str, Any]:
    """By hand and by PyTorch."""
    return {"by hand": softmax(x.numpy()), "framework": torch.softmax(x, dim=0)}


def compare_cross_entropy(logits: torch.Tensor, actual: torch.Tensor) -> dict[str, Any]:
    """By hand, by PyTorch, and from the notes' rounded probabilities. `actual` is one-hot."""
    probabilities = softmax(logits.numpy())
    return {
        "by hand": np.asarray(cross_entropy(actual.numpy(), probabilities)),
        "framework": functional.cross_entropy(logits, actual),
        "from rounded probabilities": np.asarray(cross_entropy(actual.numpy(), probabilities.round(1))),
    }


def compare_binary_cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> dict[str, Any]:
    """By hand, by PyTorch, and with the notes' formula for a label of 0."""
    x, y = logits.numpy(), labels.numpy()
    return {
        "by hand": binary_cross_entropy_with_logits(x, y),
        "framework": functional.binary_cross_entropy_with_logits(logits, labels, reduction="none"),
        "as in the notes": y * np.log1p(np.exp(-x)) - (1 - y) * np.log(1 - np.exp(-x)),
    }
