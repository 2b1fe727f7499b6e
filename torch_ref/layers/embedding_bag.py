r"""Sums, means and maxima of looked-up vectors: PyTorch's own layer, the reference.

$$ y_b = \sum_{i \in b} p_i W_i \qquad \text{"mean": } y_b = \frac{1}{|b|} \sum_{i \in b} W_i \qquad \text{"max": } y_{bd} = \max_{i \in b} W_{id} $$

Shapes: input (B, L), a bag a row, or (n,) with offsets (B,), where each bag starts; output (B, embedding_dim), zeros for an empty bag;
W (num_embeddings, embedding_dim), from N(0, 1).

>>> import torch
>>> layer = EmbeddingBag(5, 3, mode="sum", _weight=torch.eye(5, 3))
>>> layer(torch.tensor([0, 2, 2, 1]), torch.tensor([0, 3, 3])).tolist()
[[1.0, 0.0, 2.0], [0.0, 0.0, 0.0], [0.0, 1.0, 0.0]]

Source: Joulin et al. 2016, arXiv:1607.01759; PyTorch's documentation, "EmbeddingBag".
"""

from torch.nn import EmbeddingBag as EmbeddingBag
