"""Adadelta with PyTorch's defaults and weight decay."""

from types import MappingProxyType

import keras

from tf_impl.optimizers._pytorch import PyTorchOptimizer, check
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Adadelta(PyTorchOptimizer, keras.optimizers.Adadelta):
    r"""Steps of the size of the past steps: the gradient times the ratio of their two root mean squares.

    $$ v_t = \rho v_{t-1} + (1-\rho)\, g_t^2,\qquad \Delta_t = \sqrt{\frac{u_{t-1} + \epsilon}{v_t + \epsilon}}\; g_t,\qquad
       u_t = \rho u_{t-1} + (1-\rho)\, \Delta_t^2,\qquad \theta_t = \theta_{t-1} - \gamma\, \Delta_t $$

    Args:
        lr: learning rate γ, or a Keras schedule.
        rho: ρ, how much of the old mean squares is kept.
        eps: ε, inside the roots; it alone sets the size of the first steps.
        weight_decay: λ, added to the gradient: g_t = ∇f + λθ.
        maximize: climb instead.

    Shapes:
        any; `square_avg` (v) and `acc_delta` (u) have their parameter's shape.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` negative, `rho` outside [0, 1].

    Differs from PyTorch:
        Only in Keras' defaults, γ = 0.001, ρ = 0.95, ε = 1e-7 for 1, 0.9, 1e-6: it moves 2000 times less. The update is Keras' own.

    Source: Zeiler 2012, arXiv:1212.5701.
    """

    STATE = MappingProxyType({"step": "_steps", "square_avg": "_accumulated_grads", "acc_delta": "_accumulated_delta_vars"})

    def __init__(
        self,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"`rho` must be between 0 and 1, got {rho}.")
        super().__init__(lr, weight_decay=weight_decay, maximize=maximize, rho=rho, epsilon=check("eps", eps), **kwargs)
        self.eps = eps

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        self.count(variable)
        super().update_step(gradient, variable, lr)
