"""Dropout of single values and of whole channels, with PyTorch's arguments."""

import keras
from jaxtyping import Float
from keras import ops

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


class _ChannelDropout(Twin):
    _ranks: tuple[int, int]

    def __init__(self, p: float = 0.5, inplace: bool = False, **kwargs) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
        trainable = kwargs.pop("trainable", True)  # Keras' spatial layers do not take it
        super().__init__(p, **kwargs)
        self.trainable = trainable
        self.p = p
        self.input_spec = None  # Keras' asks for a batch axis

    def call(self, inputs: Float[Tensor, "*n_space c"], training: bool | None = None) -> Float[Tensor, "*n_space c"]:
        if len(inputs.shape) not in self._ranks:
            raise ValueError(f"{type(self).__name__} expects {self._ranks[0]} or {self._ranks[1]} axes, got an input of shape {tuple(inputs.shape)}")
        return super().call(inputs, training=bool(training))

    def _get_noise_shape(self, inputs: Tensor) -> tuple[int, ...]:
        shape, batch = ops.shape(inputs), len(inputs.shape) == self._ranks[1]
        return (*shape[:batch], *(1 for _ in shape[batch:-1]), shape[-1])


@keras.saving.register_keras_serializable(package="tf_impl")
class Dropout1d(_ChannelDropout, keras.layers.SpatialDropout1D):
    """`Dropout` of whole channels of signals.

    Shapes:
        (N, L, C) or (L, C), unchanged; a channel of an example is dropped in all its places.

    Raises:
        ValueError: p is not in [0, 1], or an input with other axes.

    Differs from PyTorch: as `Dropout`; Keras' `SpatialDropout1D` has no unbatched input.

    Source: Tompson et al. 2015, arXiv:1411.4280.
    """

    _ranks = (2, 3)


@keras.saving.register_keras_serializable(package="tf_impl")
class Dropout2d(_ChannelDropout, keras.layers.SpatialDropout2D):
    """`Dropout` of whole channels of images.

    Shapes:
        (N, H, W, C), unchanged; a channel of an example is dropped in all its places. As in PyTorch, three axes are (N, L, C) and not one image.

    Raises:
        ValueError: p is not in [0, 1], or an input with other axes (PyTorch warns of them).

    Differs from PyTorch: as `Dropout`.

    Source: Tompson et al. 2015, arXiv:1411.4280; the notes, "Dropout2d".
    """

    _ranks = (3, 4)

    def _get_noise_shape(self, inputs: Tensor) -> tuple[int, ...]:
        batch, *space, channels = ops.shape(inputs)
        return (batch, *(1 for _ in space), channels)


@keras.saving.register_keras_serializable(package="tf_impl")
class Dropout3d(_ChannelDropout, keras.layers.SpatialDropout3D):
    """`Dropout` of whole channels of volumes.

    Shapes:
        (N, D, H, W, C) or (D, H, W, C), unchanged; a channel of an example is dropped in all its places.

    Raises:
        ValueError: p is not in [0, 1], or an input with other axes (PyTorch warns of them).

    Differs from PyTorch: as `Dropout`.

    Source: Tompson et al. 2015, arXiv:1411.4280.
    """

    _ranks = (4, 5)
