r"""The Transformer: PyTorch's own layers, the reference.

$$ x \leftarrow \mathrm{LN}_1(x + \mathrm{MHA}(x, x, x)), \qquad x \leftarrow \mathrm{LN}_2(x + W_2\,a(W_1 x + b_1) + b_2) $$

(the encoder's layer; the decoder's has in between $x \leftarrow \mathrm{LN}(x + \mathrm{MHA}(x, m, m))$ with the encoder's output m; with `norm_first` each
block reads a normalised x and the shortcut the unnormalised.)

Shapes: src and memory (S, N, E), tgt and the decoder's output (T, N, E), or (N, S, E), … with `batch_first`, or (S, E), …; masks of places (S, S), (T, T)
and (T, S), of padding (N, S) and (N, T). A boolean mask is True where nothing may attend.

>>> import torch
>>> model = Transformer(d_model=8, nhead=2, num_encoder_layers=1, num_decoder_layers=2, dim_feedforward=16)
>>> src, tgt = torch.randn(5, 3, 8), torch.randn(4, 3, 8)
>>> later = model.generate_square_subsequent_mask(4)
>>> model(src, tgt, tgt_mask=later).shape
torch.Size([4, 3, 8])

In evaluation without gradients padding comes out as zeros, with gradients it does not:

>>> encoder = TransformerEncoder(TransformerEncoderLayer(8, 2, 16, batch_first=True), 1).eval()
>>> src, padding = torch.randn(2, 3, 8), torch.tensor([[False, False, True], [False, False, False]])
>>> with torch.no_grad():
...     encoder(src, src_key_padding_mask=padding)[0, 2].abs().max()
tensor(0.)
>>> encoder(src, src_key_padding_mask=padding)[0, 2].abs().max() > 0.5
tensor(True)

Source: Vaswani et al. 2017, arXiv:1706.03762; norm_first: Xiong et al. 2020, arXiv:2002.04745.
"""

from torch.nn import Transformer as Transformer
from torch.nn import TransformerDecoder as TransformerDecoder
from torch.nn import TransformerDecoderLayer as TransformerDecoderLayer
from torch.nn import TransformerEncoder as TransformerEncoder
from torch.nn import TransformerEncoderLayer as TransformerEncoderLayer
