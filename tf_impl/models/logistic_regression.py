"""A sigmoid over a straight line, the notes' second model."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers.linear import Linear
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class LogisticRegressionModel(Model):
    """σ(w x + b).

    Args:
        in_features: numbers in an example.

    Shapes:
        input (N, in_features), output (N, 1), a probability.

    Differs from PyTorch: as `Linear`.

    Source: the notes, "logistic regression".
    """

    def __init__(self, in_features: int = 1, **kwargs) -> None:
        super().__init__(**kwargs)
        self.linear = Linear(in_features, 1)

    def call(self, x: Float[Tensor, "n i"]) -> Float[Tensor, "n 1"]:
        return ops.sigmoid(self.linear(x))
