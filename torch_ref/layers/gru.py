r"""The gated recurrent unit: PyTorch's own, the reference.

$$ \begin{aligned} r, z &= \sigma(W_{i\cdot} x_t + b_{i\cdot} + W_{h\cdot} h_{t-1} + b_{h\cdot}) \\
   n &= \tanh(W_{in} x_t + b_{in} + r \odot (W_{hn} h_{t-1} + b_{hn})), \qquad h_t = z \odot h_{t-1} + (1 - z) \odot n \end{aligned} $$

Shapes: input (T, N, input_size), or (N, T, input_size) with `batch_first`, or (T, input_size); output the same with D·H features (D = 2 directions if
`bidirectional`); h₀ and h_n (L·D, N, H) for L layers. weight_ih (3H, features), weight_hh (3H, H), bias_ih and bias_hh (3H,) a layer and direction, in the
order r, z, n.

>>> import torch
>>> layer = GRU(4, 5)
>>> output, h_n = layer(torch.randn(7, 3, 4))
>>> output.shape, torch.equal(output[-1], h_n[0])
(torch.Size([7, 3, 5]), True)

An update gate that is closed keeps the state:

>>> with torch.no_grad():
...     _ = layer.bias_hh_l0[5:10].fill_(100.0)
>>> h = torch.rand(1, 3, 5)
>>> torch.allclose(layer(torch.randn(7, 3, 4), h)[1], h)
True

Source: Cho et al. 2014, arXiv:1406.1078; the notes, "Recurrent networks".
"""

from torch.nn import GRU as GRU
from torch.nn import GRUCell as GRUCell

from torch_ref.layers._recurrent import Packed


class PackedGRU(Packed, GRU):
    """A GRU over sequences of unequal lengths, padded at their ends: output is zero from each sequence's end on."""
