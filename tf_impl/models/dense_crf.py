"""A fully connected conditional random field over the pixels, by mean field, channels last: DeepLab v1's last step."""

import keras
import numpy as np
from jaxtyping import Float
from keras import ops

from tf_impl.models._model import Model
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class DenseCRF(Model):
    r"""Mean-field probabilities from scores and the image; the defaults are DeepLab v1's, for colours of 0 … 255.

    $$ Q_i(l) \propto \exp\Bigl(\log P_i(l) + \sum_{j \ne i} K_{ij}\, Q_j(l)\Bigr) \qquad
       K_{ij} = w_1 \exp\Bigl(-\frac{|p_i - p_j|^2}{2\theta_\alpha^2} - \frac{|I_i - I_j|^2}{2\theta_\beta^2}\Bigr)
              + w_2 \exp\Bigl(-\frac{|p_i - p_j|^2}{2\theta_\gamma^2}\Bigr) $$

    Args:
        iterations: updates of all pixels, from Q = P on.
        appearance_weight, theta_alpha, theta_beta: w₁, and how far places and colours reach.
        smoothness_weight, theta_gamma: w₂, and how far places reach whatever the colour.

    Shapes:
        scores (N, H, W, L) and images (N, H, W, C), output (N, H, W, L) probabilities; the kernel holds (H·W)² numbers an image.

    Raises:
        ValueError: scores and images that do not agree in number and size, integer images, or a theta that is not positive.

    Differs from PyTorch:
        Labels and channels are last, so that the kernel stands on the left of Q.

    Source: Krähenbühl and Koltun 2011, arXiv:1210.5644; Chen et al. 2014, arXiv:1412.7062, §4.1.
    """

    def __init__(self, iterations: int = 10, appearance_weight: float = 5.0, theta_alpha: float = 50.0, theta_beta: float = 3.0,
                 smoothness_weight: float = 3.0, theta_gamma: float = 3.0, **kwargs) -> None:  # fmt: skip
        super().__init__(**kwargs)
        if iterations < 0 or min(theta_alpha, theta_beta, theta_gamma) <= 0:
            raise ValueError(f"iterations must not be negative, the thetas positive: got {iterations}, {theta_alpha}, {theta_beta}, {theta_gamma}")
        self.iterations = iterations
        self.appearance_weight, self.theta_alpha, self.theta_beta = appearance_weight, theta_alpha, theta_beta
        self.smoothness_weight, self.theta_gamma = smoothness_weight, theta_gamma

    def kernel(self, images: Float[Tensor, "n h w c"]) -> Float[Tensor, "n p p"]:
        """K, (N, H·W, H·W), with a zero diagonal."""
        height, width, channels = images.shape[1:]
        places = np.indices((height, width)).reshape(2, -1)
        apart = ops.convert_to_tensor(sum(_squares(axis) for axis in places), images.dtype)
        flat = ops.reshape(images, (-1, height * width, channels))
        colours = sum(_squares(flat[..., channel]) for channel in range(channels))
        near = self.appearance_weight * ops.exp(-apart / (2 * self.theta_alpha**2) - colours / (2 * self.theta_beta**2))
        near = near + self.smoothness_weight * ops.exp(-apart / (2 * self.theta_gamma**2))
        return near * (1 - ops.eye(height * width, dtype=images.dtype))

    def call(self, scores: Float[Tensor, "n h w l"], images: Float[Tensor, "n h w c"]) -> Float[Tensor, "n h w l"]:
        self.check_images(images, images.shape[-1])
        if scores.shape[:3] != images.shape[:3] or None in images.shape[1:3]:
            raise ValueError(f"scores and images must agree in number and size, got {tuple(scores.shape)} and {tuple(images.shape)}")
        height, width, labels = scores.shape[1:]
        kernel, unary = self.kernel(images), ops.reshape(scores, (-1, height * width, labels))
        q = ops.softmax(unary, axis=-1)
        for _ in range(self.iterations):
            q = ops.softmax(unary + ops.matmul(kernel, q), axis=-1)  # the kernel is symmetric
        return ops.reshape(q, (-1, height, width, labels))


def _squares(values: Tensor) -> Tensor:
    """(…, P) to the squared differences of all pairs (…, P, P)."""
    return (values[..., :, None] - values[..., None, :]) ** 2
