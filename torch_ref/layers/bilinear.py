r"""The bilinear form of two inputs: PyTorch's own layer, the reference.

$$ y_o = x_1^\top W_o\, x_2 + b_o $$

Shapes: inputs (…, in1_features) and (…, in2_features), output (…, out_features); W (out, in1, in2), b (out,).

>>> import torch
>>> Bilinear(3, 4, 2)(torch.ones(5, 3), torch.ones(5, 4)).shape
torch.Size([5, 2])

Source: PyTorch's documentation, "Bilinear".
"""

from torch.nn import Bilinear as Bilinear
