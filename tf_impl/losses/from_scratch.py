r"""Softmax, cross-entropy and binary cross-entropy written by hand with `keras.ops`, Keras' NumPy for tensors, beside Keras' own.

$$ p_i = \frac{e^{x_i}}{\sum_j e^{x_j}} \qquad \mathrm{CE} = -\sum_i y_i \log p_i \qquad
   \mathrm{BCE}_i = -y_i \log\sigma(x_i) - (1 - y_i) \log(1 - \sigma(x_i)) $$

Differs from PyTorch:
    Keras' own functions take (target, output), PyTorch's (input, target), and read the output as probabilities unless `from_logits=True`.

Source: the notes, "softmax & corss-entropy & binary_cross_entropy_with_logits".
"""

from typing import Any

from jaxtyping import Float
from keras import ops

from tf_impl.typing import Tensor


def softmax(x: Float[Tensor, "c ..."]) -> Float[Tensor, "c ..."]:
    """Along axis 0."""
    shifted = ops.exp(x - ops.max(x, axis=0, keepdims=True))
    return shifted / ops.sum(shifted, axis=0, keepdims=True)


def cross_entropy(actual: Float[Tensor, "..."], predicted: Float[Tensor, "..."]) -> Float[Tensor, ""]:
    """Of probabilities, summed over everything."""
    return -ops.sum(actual * ops.log(predicted))


def binary_cross_entropy_with_logits(logit: Float[Tensor, "..."], label: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """For each element; log(1 − σ) is log σ of the negative logit."""
    return label * ops.log1p(ops.exp(-logit)) + (1 - label) * ops.log1p(ops.exp(logit))


def compare_softmax(x: Float[Tensor, "..."]) -> dict[str, Any]:
    """By hand and by Keras."""
    return {"by hand": softmax(x), "framework": ops.softmax(x, axis=0)}


def compare_cross_entropy(logits: Float[Tensor, "..."], actual: Float[Tensor, "..."]) -> dict[str, Any]:
    """By hand, by Keras, and from the notes' rounded probabilities. `actual` is one-hot."""
    probabilities = softmax(logits)
    return {
        "by hand": cross_entropy(actual, probabilities),
        "framework": ops.categorical_crossentropy(actual, logits, from_logits=True),
        "from rounded probabilities": cross_entropy(actual, ops.round(probabilities, 1)),
    }


def compare_binary_cross_entropy(logits: Float[Tensor, "..."], labels: Float[Tensor, "..."]) -> dict[str, Any]:
    """By hand, by Keras, and with the notes' formula for a label of 0."""
    return {
        "by hand": binary_cross_entropy_with_logits(logits, labels),
        "framework": ops.binary_crossentropy(labels, logits, from_logits=True),
        "as in the notes": labels * ops.log1p(ops.exp(-logits)) - (1 - labels) * ops.log(1 - ops.exp(-logits)),
    }
