r"""The plain recurrent net (Elman's): PyTorch's own, the reference.

$$ h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}) $$

Shapes: input (T, N, input_size), or (N, T, input_size) with `batch_first`, or (T, input_size); output the same with D·H features (D = 2 directions if
`bidirectional`); h₀ and h_n (L·D, N, H) for L layers. weight_ih (H, features), weight_hh (H, H), bias_ih and bias_hh (H,) a layer and direction.

>>> import torch
>>> layer = RNN(4, 5, num_layers=2, bidirectional=True)
>>> output, h_n = layer(torch.randn(7, 3, 4))
>>> output.shape, h_n.shape
(torch.Size([7, 3, 10]), torch.Size([4, 3, 5]))

The last layer's forward state is the output at the last step, its backward state the one at the first:

>>> torch.equal(output[-1, :, :5], h_n[-2]), torch.equal(output[0, :, 5:], h_n[-1])
(True, True)

Source: Elman 1990, "Finding structure in time"; the notes, "Recurrent networks".
"""

from torch.nn import RNN as RNN
from torch.nn import RNNCell as RNNCell

from torch_ref.layers._recurrent import Packed


class PackedRNN(Packed, RNN):
    """A plain recurrent net over sequences of unequal lengths, padded at their ends: output is zero from each sequence's end on."""
