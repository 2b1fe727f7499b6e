"""Adagrad with PyTorch's accumulator, ε and decay of the learning rate."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer, check, constant
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Adagrad(PyTorchOptimizer, keras.optimizers.Adagrad):
    r"""Divides the gradient by the root of the sum of all its squares so far.

    $$ s_t = s_{t-1} + g_t^2,\qquad \theta_t = \theta_{t-1} - \frac{\gamma}{1 + (t-1)\,\eta}\, \frac{g_t}{\sqrt{s_t} + \epsilon} $$

    Args:
        lr: learning rate γ, or a Keras schedule.
        lr_decay: η.
        weight_decay: λ, added to the gradient: g_t = ∇f + λθ.
        initial_accumulator_value: s₀.
        eps: ε, added outside the root.
        maximize: climb instead.

    Shapes:
        any; `sum` (s) has its parameter's shape.

    Raises:
        ValueError: an argument is negative.

    Differs from PyTorch:
        Keras' Adagrad starts s at 0.1 for PyTorch's 0, so that its first steps on gradients of 0.1 are 3 times smaller; it adds ε = 1e-7 inside the
        root for 1e-10 outside; its γ is 0.001 for 0.01; it has no `lr_decay`.

    Source: Duchi, Hazan and Singer 2011, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization".
    """

    STATE = MappingProxyType({"step": "_steps", "sum": "_accumulators"})

    def __init__(
        self,
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        start = check("initial_accumulator_value", initial_accumulator_value)
        super().__init__(lr, weight_decay=weight_decay, maximize=maximize, initial_accumulator_value=start, **kwargs)
        self.lr_decay = check("lr_decay", lr_decay)
        self.eps = self.epsilon = check("eps", eps)

    def build(self, variables: list) -> None:
        if self.built:
            return
        keras.optimizers.Optimizer.build(self, variables)  # Adagrad's rounds the start to float32
        self._accumulators = self.add_optimizer_variables(variables, "accumulator", constant(self.initial_accumulator_value))
        self._steps = self.counters(variables)

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        lr = lr / ops.cast(1 + (self.count(variable) - 1) * self.lr_decay, variable.dtype)
        accumulator = self._accumulators[self._get_variable_index(variable)]
        self.assign_add(accumulator, ops.square(gradient))
        self.assign_sub(variable, lr * gradient / (ops.sqrt(accumulator) + self.eps))
