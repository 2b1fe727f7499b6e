r"""Long short-term memory: PyTorch's own, the reference.

$$ \begin{aligned} i, f, g, o &= \sigma, \sigma, \tanh, \sigma \,(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}) \\
   c_t &= f \odot c_{t-1} + i \odot g, \qquad h_t = W_{hr}\, (o \odot \tanh c_t) \end{aligned} $$

(W_hr only with `proj_size`.) Shapes: input (T, N, input_size), or (N, T, input_size) with `batch_first`, or (T, input_size); output the same with D·P
features (D = 2 directions if `bidirectional`; P is `proj_size` or H); h (L·D, N, P) and c (L·D, N, H) for L layers. weight_ih (4H, features),
weight_hh (4H, P), bias_ih and bias_hh (4H,), weight_hr (P, H) a layer and direction.

>>> import torch
>>> layer = LSTM(4, 5, num_layers=2, bidirectional=True, proj_size=3)
>>> output, (h_n, c_n) = layer(torch.randn(7, 3, 4))
>>> output.shape, h_n.shape, c_n.shape
(torch.Size([7, 3, 6]), torch.Size([4, 3, 3]), torch.Size([4, 3, 5]))

Sequences of unequal lengths: after its end a sequence is zero, and its final state is that of its last step.

>>> layer, x = PackedLSTM(4, 5), torch.randn(7, 2, 4)
>>> output, (h_n, _) = layer(x, torch.tensor([7, 3]))
>>> output[3:, 1].abs().sum().item(), torch.equal(h_n[0, 1], output[2, 1])
(0.0, True)

Source: Hochreiter and Schmidhuber 1997; projection: Sak et al. 2014, arXiv:1402.1128; the notes, "Recurrent networks".
"""

from torch.nn import LSTM as LSTM
from torch.nn import LSTMCell as LSTMCell

from torch_ref.layers._recurrent import Packed


class PackedLSTM(Packed, LSTM):
    """An LSTM over sequences of unequal lengths, padded at their ends: output is zero from each sequence's end on."""
