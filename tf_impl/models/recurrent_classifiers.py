"""Recurrent nets that read a sequence and say what it is: rows of an image, or tokens."""

import keras
from jaxtyping import Float, Integer
from keras import ops

from tf_impl.layers._recurrent import Recurrent
from tf_impl.layers.embedding import Embedding
from tf_impl.layers.gru import GRU
from tf_impl.layers.linear import Linear
from tf_impl.layers.lstm import LSTM, PackedLSTM
from tf_impl.layers.rnn import RNN
from tf_impl.models._images import check_images
from tf_impl.models._model import Model
from tf_impl.typing import Tensor

_register = keras.saving.register_keras_serializable(package="tf_impl")


class _RowClassifier(Model):
    recurrent: type[Recurrent]

    def __init__(self, input_size: int = 28, hidden_size: int = 64, num_layers: int = 1, num_classes: int = 10, dropout: float = 0.0, **kwargs) -> None:
        super().__init__(**kwargs)
        self.rnn = self.recurrent(input_size, hidden_size, num_layers, batch_first=True, dropout=dropout)
        self.out = Linear(hidden_size, num_classes)

    def call(self, x: Float[Tensor, "n rows i 1"], training: bool | None = None) -> Float[Tensor, "n classes"]:
        check_images(self, x, 1)
        outputs, _ = self.rnn(ops.squeeze(x, -1))
        return self.out(outputs[:, -1])


@_register
class RNNClassifier(_RowClassifier):
    r"""A plain recurrent net over the rows of an image; the last step's output is mapped to scores.

    $$ h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}), \qquad y = W\, h_T + b $$

    Args:
        input_size: width of the images, the numbers of a step.
        hidden_size: features of the state.
        num_layers: layers, each on the outputs of the one before.
        num_classes: scores at the end.
        dropout: probability of dropping an output between layers, in training.

    Shapes:
        input (N, rows, input_size, 1), any number of rows from one on, output (N, num_classes) scores.

    Raises:
        ValueError: images of another width, with more channels than one, or of integers.

    Differs from PyTorch:
        As `RNN`: one bias in Keras, and the last output only. The channel axis that is taken off stands at the end.

    Source: the notes, "RNN classification".
    """

    recurrent = RNN


@_register
class LSTMClassifier(_RowClassifier):
    """An LSTM over the rows of an image, else as `RNNClassifier`.

    Shapes:
        input (N, rows, input_size, 1), output (N, num_classes) scores.

    Differs from PyTorch: as `LSTM`.

    Source: the notes, "RNN classification"; Hochreiter and Schmidhuber 1997.
    """

    recurrent = LSTM


@_register
class GRUClassifier(_RowClassifier):
    """A GRU over the rows of an image, else as `RNNClassifier`.

    Shapes:
        input (N, rows, input_size, 1), output (N, num_classes) scores.

    Differs from PyTorch: as `GRU`.

    Source: the notes, "RNN classification"; Cho et al. 2014, arXiv:1406.1078.
    """

    recurrent = GRU


@_register
class TokenClassifier(Model):
    r"""Embedding, an LSTM in both directions over sentences of unequal lengths, scores from the final states of both.

    $$ y = W\, [\overrightarrow{h}_{T}; \overleftarrow{h}_{1}] + b $$

    Args:
        num_embeddings: tokens there are.
        embedding_dim: features of a token.
        hidden_size: features of a direction's state.
        num_classes: scores at the end.
        num_layers: layers of the LSTM.
        dropout: probability of dropping an output between layers, in training.
        padding_idx: the token that fills sentences up; its row starts at zero and gets no gradient.

    Shapes:
        tokens (N, T) integers, lengths (N,) from 1 to T; output (N, num_classes) scores.

    Raises:
        ValueError: tokens that are no integers or not in the table, lengths that do not fit.

    Differs from PyTorch:
        As `PackedLSTM`: Keras runs all T steps under a mask. `Bidirectional(LSTM(…))` over an unmasked batch reads the padding first on its way back.

    Source: Graves and Schmidhuber 2005; PyTorch's documentation of `pack_padded_sequence`.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, hidden_size: int, num_classes: int, num_layers: int = 1, dropout: float = 0.0,
                 padding_idx: int = 0, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.embedding = Embedding(num_embeddings, embedding_dim, padding_idx)
        self.rnn = PackedLSTM(embedding_dim, hidden_size, num_layers, batch_first=True, dropout=dropout, bidirectional=True)
        self.out = Linear(2 * hidden_size, num_classes)

    def call(self, tokens: Integer[Tensor, "n t"], lengths: Integer[Tensor, " n"], training: bool | None = None) -> Float[Tensor, "n classes"]:
        _, (h_n, _) = self.rnn(self.embedding(tokens), lengths)
        return self.out(ops.concatenate([h_n[-2], h_n[-1]], axis=1))
