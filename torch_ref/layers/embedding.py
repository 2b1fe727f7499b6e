r"""A table of vectors looked up by index: PyTorch's own layer, the reference.

$$ y_{\dots} = W_{i_{\dots}}, \qquad \frac{\partial L}{\partial W_r} = \sum_{i_{\dots} = r} \frac{\partial L}{\partial y_{\dots}} $$

Shapes: input (…) integers, output (…, embedding_dim); W (num_embeddings, embedding_dim), from N(0, 1).

>>> import torch
>>> layer = Embedding(5, 3, padding_idx=0)
>>> layer(torch.tensor([2, 2, 0])).sum().backward()
>>> layer.weight.grad[:, 0].tolist()
[0.0, 0.0, 2.0, 0.0, 0.0]

Source: Bengio et al. 2003; the notes, "Embedding".
"""

from torch.nn import Embedding as Embedding
