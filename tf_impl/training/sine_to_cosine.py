"""A recurrent net that reads sin and says cos at each step."""

import keras
from jaxtyping import Float

from tf_impl.layers.linear import Linear
from tf_impl.layers.rnn import RNN
from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SineRNN(Model):
    r"""RNN 1 → 32, Linear 32 → 1 at every step.

    $$ h_t = \tanh(W x_t + U h_{t-1} + b), \qquad y_t = v \cdot h_t + c $$

    Args:
        hidden_size: features of the state.

    Shapes:
        input and output (N, T, 1).

    Differs from PyTorch:
        As `RNN`. A Linear layer on every step needs no `TimeDistributed` in Keras, and no loop over the steps, which the notes' source has.

    Source: the notes, "use the curve of sin to predict the curve of cos".
    """

    def __init__(self, hidden_size: int = 32, **kwargs) -> None:
        super().__init__(**kwargs)
        self.rnn = RNN(1, hidden_size, batch_first=True)
        self.out = Linear(hidden_size, 1)

    def call(self, x: Float[Tensor, "n t 1"]) -> Float[Tensor, "n t 1"]:
        return self.out(self.rnn(x)[0])
