r"""A recurrent net that reads sin and says cos at each step.

$$ h_t = \tanh(W x_t + U h_{t-1} + b), \qquad y_t = v \cdot h_t + c $$

Shapes: input and output (N, T, 1).

>>> import torch
>>> SineRNN()(torch.zeros(2, 20, 1)).shape
torch.Size([2, 20, 1])

Source: the notes, "use the curve of sin to predict the curve of cos"; the notes' source, Morvan's tutorial 403.
"""

from torch import Tensor, nn


class SineRNN(nn.Module):
    """RNN 1 → 32, Linear 32 → 1 at every step."""

    def __init__(self, hidden_size: int = 32) -> None:
        super().__init__()
        self.rnn = nn.RNN(1, hidden_size, batch_first=True)
        self.out = nn.Linear(hidden_size, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.rnn(x)[0])
