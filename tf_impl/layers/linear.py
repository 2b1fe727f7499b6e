"""The affine map of the last axis, with PyTorch's arguments and initial weights."""

import keras
from jaxtyping import Float

from tf_impl.layers._twin import Twin, check_channels, initial_weights
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Linear(Twin, keras.layers.Dense):
    r"""Maps the last axis; every leading axis, also none, is kept.

    $$ y = x W^\top + b $$

    Args:
        in_features: size of the input's last axis.
        out_features: size of the output's.
        bias: add b.

    Shapes:
        input (…, in_features), output (…, out_features); Keras' `kernel` is Wᵀ (in_features, out_features), b (out_features,).

    Raises:
        ValueError: the input's last axis is not `in_features`.

    Differs from PyTorch:
        The kernel is the transpose of PyTorch's weight: a square one loads untransposed without an error and is wrong by O(1) (measured 1.75).
        Keras starts from Glorot and zero bias, up to twice PyTorch's ±1/√in_features (256→64: standard deviation 0.079 for 0.036); here it is PyTorch's.

    Source: the notes, "Linear"; He et al. 2015 for the initial weights (a = √5).
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, **kwargs) -> None:
        super().__init__(out_features, use_bias=bias, **(initial_weights(in_features) | kwargs))
        self.in_features = in_features
        self.out_features = out_features
        self.build((None, in_features))
        self.input_spec = None  # Keras' asks for a batch axis

    def call(self, inputs: Float[Tensor, "*leading i"], training: bool | None = None) -> Float[Tensor, "*leading o"]:
        check_channels(self, inputs, "in_features", self.in_features)
        return super().call(inputs, training=training)
