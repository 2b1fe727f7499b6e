"""A net with far more weights than points, with and without dropout; the masks come with the points, so that both frameworks drop the same units."""

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.layers.linear import Linear
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class OverfittingNet(Model):
    """1 – hidden – hidden – 1, ReLU after each, a mask after each linear layer where `dropout`.

    Args:
        hidden: width of both hidden layers.
        dropout: multiply with the masks in training.

    Shapes:
        input (N, 1 + 2·hidden): x, then the masks of both hidden layers, 0 or 1/(1 − p); output (N, 1). In evaluation the masks are not used.

    Differs from PyTorch:
        Not. Masks drawn freely differ under the same seed too (`layers.dropout`); fed ones make the two runs comparable.

    Source: the notes, "overfitting" (`net_dropped`); Srivastava et al. 2014.
    """

    def __init__(self, hidden: int = 64, dropout: bool = False, **kwargs) -> None:
        super().__init__(**kwargs)
        self.hidden, self.dropout = hidden, dropout
        self.linear1, self.linear2, self.out = Linear(1, hidden), Linear(hidden, hidden), Linear(hidden, 1)

    def call(self, x: Float[Tensor, "n i"], training: bool | None = None) -> Float[Tensor, "n 1"]:
        x, first, second = ops.split(x, [1, 1 + self.hidden], axis=1)
        drops = self.dropout and training
        x = self.linear1(x)
        x = ops.relu(x * first if drops else x)
        x = self.linear2(x)
        x = ops.relu(x * second if drops else x)
        return self.out(x)
