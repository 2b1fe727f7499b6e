"""Averaged stochastic gradient descent."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class ASGD(PyTorchOptimizer, keras.optimizers.Optimizer):
    r"""Gradient descent with a decaying rate that also averages the parameters it passes through.

    $$ \eta_t = \frac{\gamma}{(1 + \lambda_d \gamma t)^{\alpha}},\qquad
       \theta_t = (1 - \lambda_d\, \eta_{t-1})\, \theta_{t-1} - \eta_{t-1}\, g_t,\qquad
       a_t = a_{t-1} + \frac{\theta_t - a_{t-1}}{\max(1,\, t - 1 - t_0)} $$

    The average a is kept beside the parameters (`state(variable)["ax"]`); use it in their place after training.

    Args:
        lr: learning rate γ, or a Keras schedule.
        lambd: λ_d, the decay of rate and parameters.
        alpha: α.
        t0: the step after which averaging begins; until then a is the parameter.
        weight_decay: λ, added to the gradient: g_t = ∇f + λθ.
        maximize: climb instead.

    Shapes:
        any; `ax` (a) has its parameter's shape, `eta` (η) and `mu` (1/max…) are numbers.

    Raises:
        ValueError: `lr` or `weight_decay` negative.

    Differs from PyTorch:
        Keras has no ASGD; its `use_ema` averages with a constant weight.

    Source: Polyak and Juditsky 1992, "Acceleration of Stochastic Approximation by Averaging".
    """

    STATE = MappingProxyType({"step": "_steps", "ax": "_averages", "eta": "_etas", "mu": "_mus"})

    def __init__(
        self,
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(lr, weight_decay=weight_decay, maximize=maximize, **kwargs)
        self.lambd, self.alpha, self.t0 = lambd, alpha, t0

    def build(self, variables: list) -> None:
        if self.built:
            return
        super().build(variables)
        self._averages = self.add_optimizer_variables(variables, "average")
        self._etas = self.scalars(variables, "eta", 0.0)
        self._mus = self.scalars(variables, "mu", 1.0)

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        step, index = self.count(variable), self._get_variable_index(variable)
        average, eta, mu = self._averages[index], self._etas[index], self._mus[index]
        rate = ops.where(step > 1, ops.cast(eta, variable.dtype), lr)
        self.assign(variable, variable * (1 - self.lambd * rate) - rate * gradient)
        self.assign_add(average, (variable - average) * ops.cast(mu, variable.dtype))
        lr = ops.convert_to_tensor(learning_rate, dtype=step.dtype)
        self.assign(eta, lr / ops.power(1 + self.lambd * lr * step, self.alpha))
        self.assign(mu, 1 / ops.maximum(step - self.t0, 1))
