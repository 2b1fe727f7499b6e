r"""Recurrent nets that read a sequence and say what it is: many steps to one answer.

$$ h_t = \mathrm{cell}(x_t, h_{t-1}), \qquad y = W\, h_T + b $$

The notes read a digit row by row: 28 steps of 28 numbers; the output of the last step is mapped to the scores. `TokenClassifier` reads words instead:
an embedding, an LSTM in both directions over sentences of unequal lengths, and the final states of both directions.
The reverse direction's output *at the last step* has seen one word only: it is the final states that have read everything.

Shapes: rows (N, 1, rows, input_size) → (N, num_classes) scores, any number of rows from one on; tokens (N, T) and lengths (N,) → (N, num_classes).
Numbers in the notes' size (28 → 64 → 10): RNN 6,666, GRU 18,698, LSTM 24,714; multiply-adds of an image 165,504, 495,232 and 660,096.

>>> import torch
>>> LSTMClassifier()(torch.rand(3, 1, 28, 28)).shape, [sum(p.numel() for p in net().parameters()) for net in (RNNClassifier, GRUClassifier, LSTMClassifier)]
(torch.Size([3, 10]), [6666, 18698, 24714])
>>> net = TokenClassifier(20, 6, 5, 3)
>>> words = torch.tensor([[4, 9, 2, 0], [7, 1, 3, 8]])
>>> torch.allclose(net(words, torch.tensor([3, 4]))[0], net(words[:1, :3], torch.tensor([3]))[0])  # what follows a sentence is not read
True

Source: the notes, "RNN classification"; Hochreiter and Schmidhuber 1997; Cho et al. 2014, arXiv:1406.1078; Graves and Schmidhuber 2005.
"""

import torch
from torch import nn

from torch_ref.layers.lstm import PackedLSTM


class _RowClassifier(nn.Module):
    recurrent: type[nn.RNNBase]

    def __init__(self, input_size: int = 28, hidden_size: int = 64, num_layers: int = 1, num_classes: int = 10, dropout: float = 0.0) -> None:
        super().__init__()
        self.rnn = self.recurrent(input_size, hidden_size, num_layers, batch_first=True, dropout=dropout)
        self.out = nn.Linear(hidden_size, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        outputs, _ = self.rnn(x.squeeze(1))
        return self.out(outputs[:, -1])


class RNNClassifier(_RowClassifier):
    """A plain recurrent net over the rows of an image."""

    recurrent = nn.RNN


class LSTMClassifier(_RowClassifier):
    """An LSTM over the rows of an image."""

    recurrent = nn.LSTM


class GRUClassifier(_RowClassifier):
    """A GRU over the rows of an image."""

    recurrent = nn.GRU


class TokenClassifier(nn.Module):
    """Embedding – LSTM in both directions – scores from their final states. Token `padding_idx` fills sentences up."""

    def __init__(self, num_embeddings: int, embedding_dim: int, hidden_size: int, num_classes: int, num_layers: int = 1, dropout: float = 0.0,
                 padding_idx: int = 0) -> None:  # fmt: skip
        super().__init__()
        self.embedding = nn.Embedding(num_embeddings, embedding_dim, padding_idx)
        self.rnn = PackedLSTM(embedding_dim, hidden_size, num_layers, batch_first=True, dropout=dropout, bidirectional=True)
        self.out = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, tokens: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        _, (h_n, _) = self.rnn(self.embedding(tokens), lengths)
        return self.out(torch.cat([h_n[-2], h_n[-1]], dim=1))
