r"""Attention of queries to keys: PyTorch's own function, the reference.

$$ y = \mathrm{softmax}\Bigl(\frac{Q K^\top}{\sqrt{E}} + M\Bigr) V $$

Shapes: query (…, L, E), key (…, S, E), value (…, S, V), attn_mask M broadcast to (…, L, S), output (…, L, V). A boolean mask is True where the query may
attend; a query that may attend to nothing has zeros.

>>> import torch
>>> query, key, value = torch.randn(2, 3, 5, 4), torch.randn(2, 3, 7, 4), torch.randn(2, 3, 7, 6)
>>> scaled_dot_product_attention(query, key, value).shape
torch.Size([2, 3, 5, 6])
>>> scaled_dot_product_attention(query, key, value, torch.zeros(5, 7, dtype=torch.bool)).abs().max()
tensor(0.)

Source: Vaswani et al. 2017, arXiv:1706.03762.
"""

from torch.nn.functional import scaled_dot_product_attention as scaled_dot_product_attention
