r"""Dropout of single values and of whole channels: PyTorch's own layers, the reference.

$$ y_i = \frac{m_i}{1 - p}\, x_i, \qquad m_i \sim \mathrm{Bernoulli}(1 - p) $$

in training, the identity in evaluation. Shapes: any, unchanged; `Dropout1d`, `2d` and `3d` draw one m for each channel of each example (N, C, *space).

>>> import torch
>>> layer, x = Dropout(0.25), torch.ones(10000)
>>> layer(x).unique().tolist(), 0.2 < (layer(x) == 0).float().mean() < 0.3, layer.eval()(x).equal(x)
([0.0, 1.3333333730697632], tensor(True), True)

Source: Srivastava et al. 2014; the notes, "Dropout".
"""

from torch.nn import Dropout as Dropout
from torch.nn import Dropout1d as Dropout1d
from torch.nn import Dropout2d as Dropout2d
from torch.nn import Dropout3d as Dropout3d
