"""Dropout that keeps mean and variance under SELU, with PyTorch's arguments."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class AlphaDropout(Twin, keras.layers.AlphaDropout):
    r"""In training sets values to SELU's lower limit α′ with probability p, then restores mean 0 and variance 1; in evaluation the identity.

    $$ y = a\,(m\,x + (1 - m)\,\alpha') + b, \qquad a = \bigl((1 - p)(1 + p\,\alpha'^2)\bigr)^{-1/2}, \quad b = -a\,p\,\alpha', \quad \alpha' = -1.7581 $$

    Args:
        p: probability that a value is dropped; 1 gives zeros.
        inplace: accepted for PyTorch's sake; Keras tensors cannot be written.

    Shapes:
        any, unchanged.

    Raises:
        ValueError: p is not in [0, 1].

    Differs from PyTorch:
        The constants are the same; Keras divides by zero at p = 1, PyTorch returns zeros. The same seed gives other masks.

    Source: Klambauer et al. 2017, arXiv:1706.02515.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False, **kwargs) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
        super().__init__(p, **kwargs)
        self.p = p

    def call(self, inputs: Float[Tensor, "..."], training: bool | None = None) -> Float[Tensor, "..."]:
        if training and self.p == 1:
            return ops.zeros_like(inputs)
        return super().call(inputs, training=bool(training))


@keras.saving.register_keras_serializable(package="tf_impl")
class FeatureAlphaDropout(AlphaDropout):
    """`AlphaDropout` of whole channels.

    Shapes:
        (N, *space, C), unchanged; a channel of an example is dropped in all its places.

    Differs from PyTorch: as `AlphaDropout`.

    Source: Klambauer et al. 2017, arXiv:1706.02515.
    """

    def _get_concrete_noise_shape(self, inputs: Tensor, noise_shape: None) -> tuple[int, ...]:
        batch, *space, channels = ops.shape(inputs)
        return (batch, *(1 for _ in space), channels)
