"""Root-mean-square normalisation over the last axes, with PyTorch's arguments."""

import keras
import ml_dtypes
from jaxtyping import Float
from keras import ops

from tf_impl.layers._twin import Twin, widened
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class RMSNorm(Twin, keras.layers.RMSNormalization):
    r"""Divides every example by the root of its mean square over the last axes, then scales each of their places.

    $$ y = \frac{x}{\sqrt{\operatorname{mean}(x^2) + \epsilon}}\,\gamma $$

    Args:
        normalized_shape: sizes of the last axes, of the tensor the twin is given. One number: the last axis.
        eps: added to the mean square; None: the distance from 1 to the next number of the input's type (1.19e-7 in float32).
        elementwise_affine: learn γ.

    Shapes:
        input and output (…, *normalized_shape); γ (Keras' `scale`) normalized_shape.

    Raises:
        ValueError: the input's last axes are not `normalized_shape`.

    Differs from PyTorch:
        Keras' `epsilon` is 1e-6, PyTorch's 1.19e-7 in float32: up to 0.98 apart where the input is about 1e-3.
        Keras' `LayerNormalization(rms_scaling=True)` divides by the standard deviation, not the root mean square: 3.65 off on data with mean 2.

    Source: Zhang and Sennrich 2019, arXiv:1910.07467.
    """

    def __init__(self, normalized_shape: int | tuple[int, ...], eps: float | None = None, elementwise_affine: bool = True, **kwargs) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        if not shape:
            raise ValueError("normalized_shape must name at least one axis, got ()")
        super().__init__(axis=list(range(-len(shape), 0)), **kwargs)
        self.normalized_shape = shape
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        self.build(shape)

    def add_weight(self, *args, **kwargs):
        return super().add_weight(*args, **kwargs) if self.elementwise_affine else None

    def call(self, inputs: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        given = tuple(inputs.shape[-len(self.normalized_shape) :])
        if len(given) != len(self.normalized_shape) or any(n not in (None, wanted) for n, wanted in zip(given, self.normalized_shape, strict=True)):
            raise ValueError(f"RMSNorm was built with normalized_shape={self.normalized_shape} but the input's last axes are {given} of {tuple(inputs.shape)}")
        eps = float(ml_dtypes.finfo(keras.backend.standardize_dtype(inputs.dtype)).eps) if self.eps is None else self.eps
        x = widened(inputs)
        x = x * ops.rsqrt(ops.mean(ops.square(x), axis=self.axis, keepdims=True) + eps)
        return ops.cast(x if self.scale is None else x * self.scale, self.compute_dtype)
