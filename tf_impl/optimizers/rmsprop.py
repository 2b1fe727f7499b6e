"""RMSprop with PyTorch's ε, momentum and weight decay."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer, check
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class RMSprop(PyTorchOptimizer, keras.optimizers.RMSprop):
    r"""Divides the gradient by the root of its decaying mean square.

    $$ v_t = \alpha v_{t-1} + (1-\alpha)\, g_t^2,\qquad b_t = \mu\, b_{t-1} + \frac{g_t}{\sqrt{v_t - \bar g_t^2} + \epsilon},\qquad
       \theta_t = \theta_{t-1} - \gamma\, b_t $$

    with the mean gradient ḡ_t = α ḡ_{t−1} + (1−α) g_t if `centered`, else 0.

    Args:
        lr: learning rate γ, or a Keras schedule.
        alpha: α, how much of the old mean square is kept.
        eps: ε, added outside the root.
        weight_decay: λ, added to the gradient: g_t = ∇f + λθ.
        momentum: μ.
        centered: subtract the squared mean gradient.
        maximize: climb instead.

    Shapes:
        any; `square_avg` (v), `momentum_buffer` (b) and `grad_avg` (ḡ) have their parameter's shape.

    Raises:
        ValueError: `lr`, `alpha`, `eps`, `weight_decay` or `momentum` negative.

    Differs from PyTorch:
        Keras' RMSprop adds ε inside the root, so that its 1e-7 acts as 3e-4: on gradients of 1e-4 its first step is 10 times smaller. Its defaults are
        γ = 0.001 and α = 0.9 for 0.01 and 0.99; γ is inside its momentum buffer, so that a drop of γ to a tenth leaves it 1.7 away.

    Source: Hinton 2012, lecture 6e of "Neural Networks for Machine Learning"; centered: Graves 2013, arXiv:1308.0850.
    """

    STATE = MappingProxyType({"step": "_steps", "square_avg": "_velocities", "momentum_buffer": "_momentums", "grad_avg": "_average_gradients"})

    def __init__(
        self,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(lr, weight_decay=weight_decay, maximize=maximize, momentum=check("momentum", momentum), centered=centered, **kwargs)
        self.alpha = self.rho = check("alpha", alpha)
        self.eps = self.epsilon = check("eps", eps)

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        self.count(variable)
        index = self._get_variable_index(variable)
        mean_square = self._velocities[index]
        self.assign(mean_square, self.alpha * mean_square + (1 - self.alpha) * ops.square(gradient))
        variance = ops.convert_to_tensor(mean_square)
        if self.centered:
            mean = self._average_gradients[index]
            self.assign_add(mean, (gradient - mean) * (1 - self.alpha))
            variance = variance - ops.square(mean)
        update = gradient / (ops.sqrt(variance) + self.eps)
        if self.momentum:
            buffer = self._momentums[index]
            self.assign(buffer, self.shares("momentum", variable.dtype)[0] * buffer + update)
            update = ops.convert_to_tensor(buffer)
        self.assign_sub(variable, lr * update)
