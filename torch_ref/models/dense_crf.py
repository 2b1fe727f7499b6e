r"""A fully connected conditional random field over the pixels, by mean field: what DeepLab v1 puts behind its scores to get the borders back.

$$ E(x) = -\sum_i \log P_i(x_i) + \sum_{i<j} [x_i \ne x_j]\, K_{ij} \qquad
   K_{ij} = w_1 \exp\Bigl(-\frac{|p_i - p_j|^2}{2\theta_\alpha^2} - \frac{|I_i - I_j|^2}{2\theta_\beta^2}\Bigr)
          + w_2 \exp\Bigl(-\frac{|p_i - p_j|^2}{2\theta_\gamma^2}\Bigr) $$

$$ Q_i(l) \propto \exp\Bigl(\log P_i(l) - \sum_{j \ne i} K_{ij} \sum_{l' \ne l} Q_j(l')\Bigr) $$

all pixels at once, from Q = P on. Because Q_j sums to one, the exponent is log P_i(l) + Σ_j K_ij Q_j(l) up to what all labels share.

Shapes: scores (N, L, H, W) and images (N, C, H, W), output (N, L, H, W) probabilities Q. Any size from 1×1 on; the sums are exact, K holds (H·W)² numbers
an image: 83 kB for 12×12, 75 MB for 54×80 in float32. No parameters; iterations·(H·W)²·L multiply-adds after K.

>>> import torch
>>> scores, images = torch.zeros(1, 2, 4, 4), torch.zeros(1, 3, 4, 4)
>>> scores[..., :2], scores[0, :, 0, 3] = torch.tensor([1.0, -1.0]).view(1, 2, 1, 1), torch.tensor([-0.1, 0.1])
>>> DenseCRF()(scores, images)[0, 0, 0, 3] > 0.99  # one hesitant pixel among sure ones of the same colour
tensor(True)

Source: Krähenbühl and Koltun 2011, arXiv:1210.5644, which filters by a lattice and so approximates these sums; Chen et al. 2014, arXiv:1412.7062, §4.1;
the notes, "DeepLab V1".
"""

import torch
from torch import nn


class DenseCRF(nn.Module):
    """Mean-field probabilities from scores and the image; the defaults are DeepLab v1's, for colours of 0 … 255."""

    def __init__(self, iterations: int = 10, appearance_weight: float = 5.0, theta_alpha: float = 50.0, theta_beta: float = 3.0,
                 smoothness_weight: float = 3.0, theta_gamma: float = 3.0) -> None:  # fmt: skip
        super().__init__()
        if iterations < 0 or min(theta_alpha, theta_beta, theta_gamma) <= 0:
            raise ValueError(f"iterations must not be negative, the thetas positive: got {iterations}, {theta_alpha}, {theta_beta}, {theta_gamma}")
        self.iterations = iterations
        self.appearance_weight, self.theta_alpha, self.theta_beta = appearance_weight, theta_alpha, theta_beta
        self.smoothness_weight, self.theta_gamma = smoothness_weight, theta_gamma

    def kernel(self, images: torch.Tensor) -> torch.Tensor:
        """K, (N, H·W, H·W), with a zero diagonal."""
        _, _, height, width = images.shape
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        apart = sum(_squares(axis.reshape(-1).to(images)) for axis in (rows, columns))
        colours = sum(_squares(channel) for channel in images.flatten(2).unbind(1))
        near = self.appearance_weight * torch.exp(-apart / (2 * self.theta_alpha**2) - colours / (2 * self.theta_beta**2))
        near = near + self.smoothness_weight * torch.exp(-apart / (2 * self.theta_gamma**2))
        return near * (1 - torch.eye(height * width).to(images))

    def forward(self, scores: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        if scores.shape[:1] + scores.shape[2:] != images.shape[:1] + images.shape[2:] or not images.is_floating_point():
            raise ValueError(f"scores and float images must agree in number and size, got {tuple(scores.shape)}, {tuple(images.shape)} of {images.dtype}")
        kernel, unary = self.kernel(images), scores.flatten(2)
        q = torch.softmax(unary, dim=1)
        for _ in range(self.iterations):
            q = torch.softmax(unary + q @ kernel, dim=1)  # the kernel is symmetric
        return q.view_as(scores)


def _squares(values: torch.Tensor) -> torch.Tensor:
    """(…, P) to the squared differences of all pairs (…, P, P)."""
    return (values[..., :, None] - values[..., None, :]) ** 2
