"""Dropout of single values, with PyTorch's arguments."""

import keras
from jaxtyping import Float

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Dropout(Twin, keras.layers.Dropout):
    r"""In training sets each value to zero with probability p and divides the others by 1 − p; in evaluation the identity.

    $$ y_i = \frac{m_i}{1 - p}\, x_i, \qquad m_i \sim \mathrm{Bernoulli}(1 - p) $$

    Args:
        p: probability that a value is dropped.
        inplace: accepted for PyTorch's sake; Keras tensors cannot be written.

    Shapes:
        any, unchanged.

    Raises:
        ValueError: p is not in [0, 1].

    Differs from PyTorch:
        Both scale by 1/(1 − p) and both mean the *dropped* share (TensorFlow 1's `keep_prob` was the kept one). The mode differs: PyTorch's modules start in
        training mode, Keras layers drop only under `training=True`: a TensorFlow loop that calls `model(x)` trains without dropout.
        The same seed gives other masks: compare with p = 0 and 1, or feed the mask.

    Source: Srivastava et al. 2014; the notes, "Dropout".
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, **kwargs) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
        super().__init__(p, **kwargs)
        self.p = p

    def call(self, inputs: Float[Tensor, "..."], training: bool | None = None) -> Float[Tensor, "..."]:
        return super().call(inputs, training=bool(training))
