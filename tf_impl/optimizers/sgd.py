"""Stochastic gradient descent with PyTorch's momentum, dampening and weight decay."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer, check
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class SGD(PyTorchOptimizer, keras.optimizers.SGD):
    r"""Steps against the gradient, or against a decaying sum of gradients.

    $$ g_t = \nabla f(\theta_{t-1}) + \lambda\,\theta_{t-1},\qquad
       b_1 = g_1,\quad b_t = \mu\, b_{t-1} + (1-\tau)\, g_t,\qquad
       \theta_t = \theta_{t-1} - \gamma \cdot \begin{cases} g_t + \mu b_t & \text{nesterov} \\ b_t & \text{else} \end{cases} $$

    Args:
        lr: learning rate γ, or a Keras schedule.
        momentum: μ.
        dampening: τ; not applied to the first gradient.
        weight_decay: λ, added to the gradient, hence also in the buffer.
        nesterov: look ahead; needs momentum and no dampening.
        maximize: climb instead.

    Shapes:
        any; `momentum_buffer` has its parameter's shape.

    Raises:
        ValueError: negative `lr`, `momentum` or `weight_decay`; `nesterov` without momentum or with dampening.

    Differs from PyTorch:
        Keras' SGD keeps γ inside its buffer, v = μv − γg: equal while γ is constant, but when γ drops from 0.1 to 0.01 its next step is 13 times too
        large, after 5 more steps 1.2 away. Its weight decay stays outside the buffer: with μ = 0.9 ten times weaker. It has no dampening;
        its default γ is 0.01. This twin keeps the plain buffer, PyTorch's.

    Source: Polyak 1964; Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning".
    """

    STATE = MappingProxyType({"momentum_buffer": "momentums"})

    def __init__(
        self,
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError(f"`nesterov` needs a positive `momentum` and no `dampening`, got momentum={momentum}, dampening={dampening}.")
        super().__init__(lr, weight_decay=weight_decay, maximize=maximize, nesterov=nesterov, **kwargs)
        self.momentum = check("momentum", momentum)
        self.dampening = dampening

    def build(self, variables: list) -> None:
        if self.built:
            return
        super().build(variables)
        if self.dampening:
            self._steps = self.counters(variables)  # the first gradient enters the buffer whole

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        if self.momentum:
            buffer = self.momentums[self._get_variable_index(variable)]
            momentum, _ = self.shares("momentum", variable.dtype)
            kept = 1 - self.dampening
            if self.dampening:
                kept = ops.cast(ops.where(self.count(variable) == 1, 1.0, kept), variable.dtype)
            self.assign(buffer, momentum * buffer + kept * gradient)
            gradient = gradient + momentum * buffer if self.nesterov else ops.convert_to_tensor(buffer)
        self.assign_sub(variable, lr * gradient)
