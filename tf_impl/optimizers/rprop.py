"""Resilient backpropagation."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Rprop(PyTorchOptimizer, keras.optimizers.Optimizer):
    r"""Uses only the gradient's sign; every number has a step of its own that grows while the sign stays and shrinks when it turns.

    $$ s_t = \operatorname{clip}\!\left(s_{t-1} \cdot
       \begin{cases} \eta_+ & g_t\, p_{t-1} > 0 \\ \eta_- & g_t\, p_{t-1} < 0 \\ 1 & \text{else} \end{cases}\right),\qquad
       p_t = \begin{cases} 0 & g_t\, p_{t-1} < 0 \\ g_t & \text{else} \end{cases},\qquad \theta_t = \theta_{t-1} - \operatorname{sign}(p_t)\, s_t $$

    Args:
        lr: s₀, the first step; a later change has no effect.
        etas: η₋, η₊.
        step_sizes: the least and the largest step.
        maximize: climb instead.

    Shapes:
        any; `prev` (p) and `step_size` (s) have their parameter's shape.

    Raises:
        ValueError: `lr` negative, `etas` not η₋ in (0, 1) and η₊ above 1.

    Differs from PyTorch:
        Keras has no Rprop.

    Source: Riedmiller and Braun 1993, "A direct adaptive method for faster backpropagation learning: the RPROP algorithm".
    """

    STATE = MappingProxyType({"step": "_steps", "prev": "_previous", "step_size": "_sizes"})

    def __init__(
        self,
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"`etas` must be one number between 0 and 1 and one above 1, got {etas}.")
        super().__init__(lr, maximize=maximize, **kwargs)
        self.etas, self.step_sizes = tuple(etas), tuple(step_sizes)

    def build(self, variables: list) -> None:
        if self.built:
            return
        super().build(variables)
        self._previous, self._sizes = self.add_optimizer_variables(variables, ["previous", "size"])

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        step, index = self.count(variable), self._get_variable_index(variable)
        previous, size = self._previous[index], self._sizes[index]
        turn = ops.sign(gradient * previous)
        factor = ops.where(turn > 0, self.etas[1], ops.where(turn < 0, self.etas[0], ops.ones_like(turn)))
        self.assign(size, ops.clip(ops.where(step > 1, ops.convert_to_tensor(size), lr) * factor, *self.step_sizes))
        gradient = ops.where(turn < 0, ops.zeros_like(gradient), gradient)
        self.assign_sub(variable, ops.sign(gradient) * size)
        self.assign(previous, gradient)
