"""Adam whose early steps are rectified."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import bias_correction
from tf_impl.optimizers.adam import Adam
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class RAdam(Adam):
    r"""Adam that trusts its mean square only as far as its variance is known, and until then steps along the mean gradient alone.

    $$ \rho_\infty = \frac{2}{1-\beta_2} - 1,\qquad \rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1-\beta_2^t},\qquad
       r_t = \sqrt{\frac{(\rho_t-4)(\rho_t-2)\,\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\,\rho_t}},\qquad
       \theta_t = \theta_{t-1} - \gamma\, \frac{m_t}{1-\beta_1^t} \cdot
       \begin{cases} r_t \sqrt{1-\beta_2^t} \,/\, (\sqrt{v_t} + \epsilon) & \rho_t > 5 \\ 1 & \text{else} \end{cases} $$

    m and v are Adam's averages. With β₂ = 0.999 the first 5 steps are the unadapted ones.

    Args:
        lr: learning rate γ, or a Keras schedule.
        betas: β₁, β₂.
        eps: ε, here added to the uncorrected root.
        weight_decay: λ; added to the gradient, or with `decoupled_weight_decay` θ ← (1 − γλ)θ before the step.
        maximize: climb instead.

    Shapes:
        any; `exp_avg` (m) and `exp_avg_sq` (v) have their parameter's shape.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` negative, a beta outside [0, 1).

    Differs from PyTorch:
        Keras has no RAdam. ρ_t is a difference of two numbers near ρ_∞ = 1999: in float32, which is all jax has, r_t keeps 3 digits at first.

    Source: Liu et al. 2019, arXiv:1908.03265.
    """

    STATE = MappingProxyType({"step": "_steps", "exp_avg": "_momentums", "exp_avg_sq": "_velocities"})

    def __init__(
        self,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(lr, betas, eps, weight_decay, maximize=maximize, decoupled_weight_decay=decoupled_weight_decay, **kwargs)

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        step, index = self.count(variable), self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * self.shares("beta_1", variable.dtype)[1])
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        limit = 2 / (1 - self.beta_2) - 1
        correction = bias_correction(self.beta_2, step, step.dtype)
        length = limit - 2 * step * (1 - correction) / correction
        trusted = length > 5
        length = ops.where(trusted, length, 6.0)  # any number that has a root
        share = (length - 4) * (length - 2) * limit / ((limit - 4) * (limit - 2) * length)
        adapted = ops.cast(ops.sqrt(share * correction), variable.dtype) / (ops.sqrt(v) + self.eps)
        update = m / bias_correction(self.shares("beta_1", step.dtype)[0], step, variable.dtype)
        self.assign_sub(variable, lr * update * ops.where(trusted, adapted, ops.ones_like(adapted)))
