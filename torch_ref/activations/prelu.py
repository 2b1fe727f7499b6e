r"""Leaky ReLU with a learned slope: PyTorch's own layer, the reference.

$$ y = \begin{cases} x & x > 0 \\ w_c\,x & x \le 0 \end{cases} $$

Shapes: input and output (N, C, …); weight (C,) or (1,), shared by all channels. The gradient at 0 is w for the input and 0 for the weight.

>>> import torch
>>> PReLU(2, init=0.5)(torch.tensor([[-2.0, 3.0]])).detach()
tensor([[-1.,  3.]])

Source: He et al. 2015, arXiv:1502.01852; the notes ("可以将 0.01 设置成一个变量 a，其中 a 可以由后向传播学习").
"""

from torch.nn import PReLU as PReLU
