r"""Softmax over very many classes, the rare ones in clusters: PyTorch's own layer, the reference.

$$ \log p(y \mid x) = \begin{cases} \log\mathrm{softmax}(H x)_y & y < c_0 \\
   \log\mathrm{softmax}(H x)_{c_0 + k} + \log\mathrm{softmax}(B_k A_k x)_{y - c_k} & c_k \le y < c_{k+1} \end{cases}
   \qquad \mathrm{loss} = -\frac{1}{N} \sum_n \log p(y_n \mid x_n) $$

Shapes: input (N, in_features) or (in_features,), target (N,) or (); output (N,) or (), loss (). `log_prob(input)` (N, n_classes), `predict(input)` (N,).

>>> import torch
>>> layer, x, labels = AdaptiveLogSoftmaxWithLoss(8, 10, [4, 7], div_value=2.0), torch.randn(3, 8), torch.tensor([0, 5, 9])
>>> output, loss = layer(x, labels)
>>> torch.allclose(output, layer.log_prob(x)[torch.arange(3), labels]), torch.allclose(layer.log_prob(x).exp().sum(1), torch.ones(3))
(True, True)

Source: Grave et al. 2017, arXiv:1609.04309.
"""

from torch import Tensor
from torch.nn import AdaptiveLogSoftmaxWithLoss as AdaptiveLogSoftmaxWithLoss


class AdaptiveLogSoftmax(AdaptiveLogSoftmaxWithLoss):
    """Without labels: the log-probabilities of all classes, and the likeliest class."""

    def forward(self, input: Tensor) -> tuple[Tensor, Tensor]:
        return self.log_prob(input), self.predict(input)
