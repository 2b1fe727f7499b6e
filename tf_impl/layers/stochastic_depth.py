"""Stochastic depth: residual branches left out in training, with torchvision's arguments."""

import keras
from jaxtyping import Bool, Float
from keras import ops

from tf_impl.layers._twin import Twin
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class StochasticDepth(Twin, keras.layers.Dropout):
    r"""Drops its input with probability p in training, as a whole or example by example, and divides what is left by 1 − p.

    $$ y = \frac{k}{1 - p}\, x, \qquad k \sim \mathrm{Bernoulli}(1 - p) $$

    Args:
        p: probability that the input is dropped.
        mode: "batch": one k for all; "row": one for each example.

    Called with (input) and
        kept: the k themselves, booleans, () for "batch" or (N,) for "row"; drawn if not given.

    Shapes:
        input (N, …), output the same.

    Raises:
        ValueError: p is not in [0, 1], another mode, or `kept` of another shape.

    Differs from PyTorch:
        Keras has no such layer; `keras.layers.Dropout(p, noise_shape=(None, 1, 1, 1))` is mode "row" for images. PyTorch alone has none either: this is
        torchvision's, with `kept`. The same seed gives other k.

    Source: Huang et al. 2016, arXiv:1603.09382; Larsson et al. 2017, arXiv:1605.07648.
    """

    def __init__(self, p: float, mode: str, **kwargs) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"p must be a probability, from 0 to 1, got {p}")
        if mode not in ("batch", "row"):
            raise ValueError(f'mode must be "batch" or "row", got {mode!r}')
        super().__init__(p, **kwargs)
        self.p = p
        self.mode = mode

    def call(self, input: Float[Tensor, "n ..."], kept: Bool[Tensor, "*n"] | None = None, training: bool | None = None) -> Float[Tensor, "n ..."]:
        ones = (1,) * (len(input.shape) - 1)
        if not training:
            return input
        if kept is None:
            return self._drawn(input, (ops.shape(input)[0] if self.mode == "row" else 1, *ones))
        expected = (input.shape[0],) if self.mode == "row" else ()
        if len(kept.shape) != len(expected) or any(None not in (a, b) and a != b for a, b in zip(kept.shape, expected, strict=True)):
            raise ValueError(f'kept must have the shape {expected} for mode "{self.mode}" and an input of {tuple(input.shape)}, got {tuple(kept.shape)}')
        share = ops.cast(kept, input.dtype) / (1 - self.p if self.p < 1 else 1)
        return input * ops.reshape(share, (-1 if self.mode == "row" else 1, *ones))

    def _drawn(self, input: Tensor, shape: tuple[int, ...]) -> Tensor:
        if self.p == 0:
            return input
        return keras.random.dropout(input, self.p, noise_shape=shape, seed=self.seed_generator)
