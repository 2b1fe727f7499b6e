"""Adam with Nesterov momentum, PyTorch's momentum schedule."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import bias_correction, check
from tf_impl.optimizers.adam import Adam
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class NAdam(Adam):
    r"""Adam that looks ahead: it mixes the present gradient into the mean by a momentum that grows with time.

    $$ \mu_t = \beta_1 \left(1 - \tfrac12\, 0.96^{\,t\psi}\right),\qquad
       \hat m_t = \frac{\mu_{t+1}\, m_t}{1 - \prod_{i=1}^{t+1} \mu_i} + \frac{(1-\mu_t)\, g_t}{1 - \prod_{i=1}^{t} \mu_i},\qquad
       \theta_t = \theta_{t-1} - \gamma\, \frac{\hat m_t}{\sqrt{v_t / (1-\beta_2^t)} + \epsilon} $$

    m and v are Adam's averages.

    Args:
        lr: learning rate γ, or a Keras schedule.
        betas: β₁, β₂.
        eps: ε, added outside the root.
        weight_decay: λ; added to the gradient, or with `decoupled_weight_decay` θ ← (1 − γλ)θ before the step.
        momentum_decay: ψ.
        maximize: climb instead.

    Shapes:
        any; `exp_avg` (m) and `exp_avg_sq` (v) have their parameter's shape, `mu_product` (∏μ) is a number.

    Raises:
        ValueError: `lr`, `eps`, `weight_decay` or `momentum_decay` negative, a beta outside [0, 1).

    Differs from PyTorch:
        Keras' Nadam has ψ = 1 for PyTorch's 0.004: after 50 steps of lr 0.01 it is 0.02 away; μ at t = 100 is 0.89 for 0.457. Its γ is 0.001 for
        0.002 and its ε 1e-7 for 1e-8; weight decay is always decoupled.

    Source: Dozat 2016, "Incorporating Nesterov Momentum into Adam".
    """

    STATE = MappingProxyType({"step": "_steps", "exp_avg": "_momentums", "exp_avg_sq": "_velocities", "mu_product": "_mu_products"})

    def __init__(
        self,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay, maximize=maximize, decoupled_weight_decay=decoupled_weight_decay, **kwargs)
        self.momentum_decay = check("momentum_decay", momentum_decay)

    def build(self, variables: list) -> None:
        if self.built:
            return
        super().build(variables)
        self._mu_products = self.scalars(variables, "mu_product", 1.0)

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        step, index = self.count(variable), self._get_variable_index(variable)
        m, v, product = self._momentums[index], self._velocities[index], self._mu_products[index]
        beta_1, _ = self.shares("beta_1", step.dtype)
        mu, next_mu = (beta_1 * (1 - 0.5 * ops.power(0.96, t * self.momentum_decay)) for t in (step, step + 1))
        self.assign(product, ops.cast(product, step.dtype) * mu)
        so_far = ops.cast(product, step.dtype)
        self.assign_add(m, (gradient - m) * self.shares("beta_1", variable.dtype)[1])
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        root = ops.sqrt(v / bias_correction(self.beta_2, step, variable.dtype)) + self.eps
        now, ahead = (ops.cast(share, variable.dtype) for share in ((1 - mu) / (1 - so_far), next_mu / (1 - so_far * next_mu)))
        self.assign_sub(variable, lr * (now * gradient + ahead * m) / root)
