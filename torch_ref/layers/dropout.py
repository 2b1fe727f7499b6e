r"""Dropout of single values: PyTorch's own layer, the reference.

$$ y_i = \frac{m_i}{1 - p}\, x_i, \qquad m_i \sim \mathrm{Bernoulli}(1 - p) $$

in training, the identity in evaluation. Shapes: any, unchanged.

>>> import torch
>>> layer, x = Dropout(0.25), torch.ones(10000)
>>> layer(x).unique().tolist(), 0.2 < (layer(x) == 0).float().mean() < 0.3, layer.eval()(x).equal(x)
([0.0, 1.3333333730697632], tensor(True), True)

Source: Srivastava et al. 2014; the notes, "Dropout".
"""

from torch.nn import Dropout as Dropout
