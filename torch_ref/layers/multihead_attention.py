r"""Attention in several heads: PyTorch's own layer, the reference.

$$ y = W^O \bigl[\,\mathrm{head}_1; \dots; \mathrm{head}_H\bigr] + b^O, \qquad
   \mathrm{head}_h = \mathrm{softmax}\Bigl(\frac{Q_h K_h^\top}{\sqrt{E/H}} + M\Bigr) V_h, \qquad Q, K, V = x_q W_q^\top + b_q, \dots $$

Shapes: query (L, N, E), key (S, N, kdim), value (S, N, vdim), or (N, L, E), … if `batch_first`, or without N; key_padding_mask (N, S), attn_mask (L, S) or
(N·H, L, S); output as query, weights (N, L, S) or, not averaged, (N, H, L, S). `in_proj_weight` (3E, E) holds W_q, W_k and W_v one below the other.
A boolean mask is True where a query may *not* attend. A query that may attend to nothing has NaN, and b^O with `need_weights=False`.

>>> import torch
>>> layer = MultiheadAttention(8, 2)
>>> x, blocked = torch.randn(5, 3, 8), torch.ones(5, 5, dtype=torch.bool)
>>> output, weights = layer(x, x, x, attn_mask=blocked.triu(1))
>>> output.shape, weights.shape, weights[0, 0].tolist()
(torch.Size([5, 3, 8]), torch.Size([3, 5, 5]), [1.0, 0.0, 0.0, 0.0, 0.0])
>>> layer(x, x, x, attn_mask=blocked)[0].isnan().all(), layer(x, x, x, attn_mask=blocked, need_weights=False)[0].isnan().any()
(tensor(True), tensor(False))

Source: Vaswani et al. 2017, arXiv:1706.03762.
"""

from torch.nn import MultiheadAttention as MultiheadAttention
