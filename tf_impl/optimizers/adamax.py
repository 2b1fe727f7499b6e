"""Adamax with PyTorch's ε and weight decay."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer, bias_correction, check, check_betas
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Adamax(PyTorchOptimizer, keras.optimizers.Adamax):
    r"""Adam with a decaying maximum of the gradient's size in place of its root mean square.

    $$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\qquad u_t = \max(\beta_2 u_{t-1},\; |g_t| + \epsilon),\qquad
       \theta_t = \theta_{t-1} - \frac{\gamma}{1-\beta_1^t}\, \frac{m_t}{u_t} $$

    Args:
        lr: learning rate γ, or a Keras schedule.
        betas: β₁, β₂.
        eps: ε.
        weight_decay: λ, added to the gradient: g_t = ∇f + λθ.
        maximize: climb instead.

    Shapes:
        any; `exp_avg` (m) and `exp_inf` (u) have their parameter's shape.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` negative, a beta outside [0, 1).

    Differs from PyTorch:
        Keras' Adamax takes the maximum without ε and divides by u + ε: equal until |g| comes near ε; gradients of 1e-7 leave it 1e-4 away after 20
        steps of lr 0.01. Its γ is 0.001 for 0.002.

    Source: Kingma and Ba 2014, arXiv:1412.6980, section 7.
    """

    STATE = MappingProxyType({"step": "_steps", "exp_avg": "_m", "exp_inf": "_u"})

    def __init__(
        self,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(lr, weight_decay=weight_decay, maximize=maximize, **kwargs)
        self.betas = self.beta_1, self.beta_2 = check_betas(betas)
        self.eps = self.epsilon = check("eps", eps)

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        step, index = self.count(variable), self._get_variable_index(variable)
        m, u = self._m[index], self._u[index]
        self.assign_add(m, (gradient - m) * self.shares("beta_1", variable.dtype)[1])
        self.assign(u, ops.maximum(self.beta_2 * u, ops.abs(gradient) + self.eps))
        self.assign_sub(variable, lr / bias_correction(self.shares("beta_1", step.dtype)[0], step, variable.dtype) * m / u)
