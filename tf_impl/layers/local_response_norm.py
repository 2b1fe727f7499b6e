"""Local response normalisation, channels last, with PyTorch's arguments."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class LocalResponseNorm(Twin):
    r"""Divides each value by a power of the mean square of its neighbours in the channel axis.

    $$ y_c = x_c \Bigl( k + \frac{\alpha}{s} \sum_{j = c - \lfloor s/2 \rfloor}^{c + \lfloor (s - 1)/2 \rfloor} x_j^2 \Bigr)^{-\beta} $$

    Args:
        size: channels s in the window; beyond the ends there are zeros.
        alpha: α.
        beta: β.
        k: k.

    Shapes:
        input and output (N, *space, C), with at least one axis of space.

    Raises:
        ValueError: fewer than 3 axes, or a window below 1.

    Differs from PyTorch:
        `tf.nn.local_response_normalization` takes half the window (`depth_radius` = size // 2), does not divide α by the size, and has other defaults
        (radius 5, α 1, β 0.5): 9.2 off; it has no float64 kernel. Keras has no such layer.

    Source: Krizhevsky et al. 2012 (AlexNet); the notes, "LRN".
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0, **kwargs) -> None:
        if size < 1:
            raise ValueError(f"size must be at least 1, got {size}")
        super().__init__(**kwargs)
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k
        self.built = True

    def call(self, inputs: Float[Tensor, "n *space c"]) -> Float[Tensor, "n *space c"]:
        if len(inputs.shape) < 3:
            raise ValueError(f"LocalResponseNorm expects at least 3 axes (batch, space, channels), got an input of shape {tuple(inputs.shape)}")
        channels = inputs.shape[-1]
        padded = ops.pad(ops.square(inputs), [(0, 0)] * (len(inputs.shape) - 1) + [(self.size // 2, (self.size - 1) // 2)])
        mean = sum(padded[..., start : start + channels] for start in range(self.size)) / self.size
        return inputs / ops.power(self.k + self.alpha * mean, ops.convert_to_tensor(self.beta, inputs.dtype))
