"""Layer normalisation over the last axes, with PyTorch's arguments."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin, widened
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class LayerNorm(Twin, keras.layers.LayerNormalization):
    r"""Normalises every example by its own mean and variance over the last axes, then scales and shifts each of their places.

    $$ y = \frac{x - \mathrm{E}[x]}{\sqrt{\mathrm{Var}[x] + \epsilon}}\,\gamma + \beta $$

    Args:
        normalized_shape: sizes of the last axes, of the tensor the twin is given: an image's are (H, W, C). One number: the last axis.
        eps: added to the variance.
        elementwise_affine: learn γ and β.
        bias: learn β.

    Shapes:
        input and output (…, *normalized_shape); γ and β normalized_shape.

    Raises:
        ValueError: the input's last axes are not `normalized_shape`.

    Differs from PyTorch:
        Keras' `epsilon` is 1e-3, PyTorch's 1e-5, many papers' 1e-6: silently off in the third digit at variance 1.
        Keras computes x·r − mean·r, which cancels when the mean is large beside the deviation (float32, 1e4 times: 1.6e-3); here it is (x − mean)·r (9e-4).

    Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450; the notes, "LayerNorm".
    """

    def __init__(self, normalized_shape: int | tuple[int, ...], eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True, **kwargs) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        if not shape:
            raise ValueError("normalized_shape must name at least one axis, got ()")
        super().__init__(axis=list(range(-len(shape), 0)), epsilon=eps, center=elementwise_affine and bias, scale=elementwise_affine, **kwargs)
        self.normalized_shape = shape
        self.build(shape)

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        given = tuple(inputs.shape[-len(self.normalized_shape) :])
        if len(given) != len(self.normalized_shape) or any(n not in (None, wanted) for n, wanted in zip(given, self.normalized_shape, strict=True)):
            raise ValueError(
                f"LayerNorm was built with normalized_shape={self.normalized_shape} but the input's last axes are {given} of {tuple(inputs.shape)}"
            )
        x = widened(inputs)
        mean, variance = ops.moments(x, axes=self.axis, keepdims=True)
        x = (x - mean) * ops.rsqrt(variance + self.epsilon)
        if self.gamma is not None:
            x = x * self.gamma
        if self.beta is not None:
            x = x + self.beta
        return ops.cast(x, self.compute_dtype)
