r"""A bounded odd function that saturates slowly: PyTorch's own layer, the reference.

$$ y = \frac{x}{1 + |x|} $$

Shapes: input and output alike, any number of axes. The gradient at 0 is 1.

>>> import torch
>>> Softsign()(torch.tensor([-3.0, 0.0, 1.0]))
tensor([-0.7500,  0.0000,  0.5000])

Source: Turian et al. 2009.
"""

from torch.nn import Softsign as Softsign
