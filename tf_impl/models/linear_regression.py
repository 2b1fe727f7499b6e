"""A straight line, the notes' first model."""

import keras
from jaxtyping import Float

from tf_impl.layers.linear import Linear
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class LinearModel(Model):
    """y = w x + b.

    Args:
        in_features: numbers in an example.
        out_features: numbers predicted.

    Shapes:
        input (N, in_features), output (N, out_features).

    Differs from PyTorch: as `Linear`.

    Source: the notes, "linear regression".
    """

    def __init__(self, in_features: int = 1, out_features: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.linear = Linear(in_features, out_features)

    def call(self, x: Float[Tensor, "n i"]) -> Float[Tensor, "n o"]:
        return self.linear(x)
