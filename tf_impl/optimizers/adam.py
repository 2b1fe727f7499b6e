"""Adam with PyTorch's ε and weight decay."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer, bias_correction, check, check_betas
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Adam(PyTorchOptimizer, keras.optimizers.Adam):
    r"""Steps along the mean gradient over the root of the mean squared gradient, both corrected for their start at zero.

    $$ m_t = \beta_1 m_{t-1} + (1-\beta_1)\, g_t,\qquad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, g_t^2,\qquad
       \theta_t = \theta_{t-1} - \gamma\, \frac{m_t / (1-\beta_1^t)}{\sqrt{v_t / (1-\beta_2^t)} + \epsilon} $$

    Args:
        lr: learning rate γ, or a Keras schedule.
        betas: β₁, β₂.
        eps: ε, added outside the root of the corrected mean square.
        weight_decay: λ; g_t = ∇f + λθ, or with `decoupled_weight_decay` θ ← (1 − γλ)θ before the step.
        amsgrad: divide by the largest v so far.
        maximize: climb instead.

    Shapes:
        any; `exp_avg` (m), `exp_avg_sq` (v) and `max_exp_avg_sq` have their parameter's shape.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` negative, a beta outside [0, 1).

    Differs from PyTorch:
        Keras' Adam adds ε to the uncorrected √v, which makes it ε/√(1−β₂ᵗ), 32 ε at the first step; its default is 1e-7 for PyTorch's 1e-8.
        Together the first step on gradients of 1e-7 is 15 times smaller, on 1e-4 0.1 % smaller. Its weight decay is AdamW's.
        In float32 its 1 − β₂ᵗ has lost 3 digits at t = 1.

    Source: Kingma and Ba 2014, arXiv:1412.6980; amsgrad: Reddi et al. 2018, arXiv:1904.09237.
    """

    STATE = MappingProxyType({"step": "_steps", "exp_avg": "_momentums", "exp_avg_sq": "_velocities", "max_exp_avg_sq": "_velocity_hats"})

    def __init__(
        self,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        decoupled_weight_decay: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(lr, weight_decay=weight_decay, maximize=maximize, amsgrad=amsgrad, **kwargs)
        self.betas = self.beta_1, self.beta_2 = check_betas(betas)
        self.eps = self.epsilon = check("eps", eps)
        self.decoupled_weight_decay = decoupled_weight_decay

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        step, index = self.count(variable), self._get_variable_index(variable)
        m, v = self._momentums[index], self._velocities[index]
        self.assign_add(m, (gradient - m) * self.shares("beta_1", variable.dtype)[1])
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        if self.amsgrad:
            largest = self._velocity_hats[index]
            self.assign(largest, ops.maximum(largest, v))
            v = largest
        root = ops.sqrt(bias_correction(self.beta_2, step, variable.dtype))  # multiplies both sides of the quotient: one pass over v less
        self.assign_sub(variable, lr * root / bias_correction(self.shares("beta_1", step.dtype)[0], step, variable.dtype) * m / (ops.sqrt(v) + root * self.eps))
