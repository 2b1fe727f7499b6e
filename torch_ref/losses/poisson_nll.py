r"""Negative log likelihood of counts under a Poisson distribution: PyTorch's own loss, the reference.

$$ \ell = e^x - t\,x \quad (\text{log-rates } x) \qquad \ell = x - t \log(x + \epsilon) \quad (\text{rates}) $$

Shapes: input and target alike. "full" adds Stirling's approximation of log t! where t > 1.

>>> import torch
>>> PoissonNLLLoss()(torch.tensor([0.0, 1.0]), torch.tensor([1.0, 2.0]))
tensor(0.8591)

Source: torch.nn.PoissonNLLLoss's documentation.
"""

from torch.nn import PoissonNLLLoss as PoissonNLLLoss
