r"""Leaky ReLU and its randomised form: PyTorch's own layers, the reference.

$$ y = \begin{cases} x & x > 0 \\ a\,x & x \le 0 \end{cases} $$

LeakyReLU has a fixed slope a (the notes: 0.01). RReLU draws a ~ U(lower, upper) anew for every element in training and uses the mean slope in evaluation.

Shapes: input and output alike, any number of axes. The gradient at 0 is a.

>>> import torch
>>> LeakyReLU(0.1)(torch.tensor([-2.0, 0.0, 3.0]))
tensor([-0.2000,  0.0000,  3.0000])
>>> RReLU(0.25, 0.75).eval()(torch.tensor([-2.0, 0.0, 3.0]))
tensor([-1.,  0.,  3.])

Source: Maas et al. 2013; Xu et al. 2015, arXiv:1505.00853 (RReLU); the notes, "Leakly ReLU".
"""

from torch.nn import LeakyReLU as LeakyReLU
from torch.nn import RReLU as RReLU
