"""Adafactor with PyTorch's ε and clipping."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer, check, rows_first
from tf_impl.typing import Tensor

_MACHINE_EPSILON = {"bfloat16": 2.0**-7, "float16": 2.0**-10, "float32": 2.0**-23, "float64": 2.0**-52}


@keras.saving.register_keras_serializable(package="tf_impl")
class Adafactor(PyTorchOptimizer, keras.optimizers.Adafactor):
    r"""Adam's mean square from one number a row and one a column, with steps relative to the parameter's size and no mean gradient.

    $$ R_t = R_{t-1} + t^{\tau} (\overline{g_t^2}^{\,\text{row}} - R_{t-1}),\quad C_t = C_{t-1} + t^{\tau} (\overline{g_t^2}^{\,\text{column}} - C_{t-1}),\quad
       \hat v_t = \frac{R_t C_t}{\max(\bar R_t, \epsilon_1)},\quad u_t = \frac{g_t}{\sqrt{\max(\hat v_t, \epsilon_1^2)}} $$
    $$ \theta_t = \theta_{t-1} - \max(\epsilon_2, \mathrm{rms}\,\theta_{t-1})\, \min(\gamma, t^{-1/2})\, \frac{u_t}{\max(1, \mathrm{rms}(u_t) / d)} $$

    Args:
        lr: γ, the largest step relative to the parameter, or a Keras schedule.
        beta2_decay: τ.
        eps: ε₁ (None: the dtype's machine epsilon) and ε₂.
        d: largest root mean square of an update.
        weight_decay: λ: θ ← (1 − γλ)θ before the step.
        maximize: climb instead.

    Shapes:
        any; of a parameter (…, r, c) `row_var` (R) is (…, r, 1) and `col_var` (C) (…, 1, c); of a vector `variance` (v) is a vector.
        A Keras kernel is seen in PyTorch's layout, (*space, in, out) as (out, in, *space), because the last two axes are the ones that are factored.

    Raises:
        ValueError: `lr`, an `eps` or `weight_decay` negative, `beta2_decay` positive, `d` below 1.

    Differs from PyTorch:
        Keras' Adafactor adds ε₁ = 1e-30 to every g²; its γ is 0.001 for 0.01. With lr equal it is 1.5e-8 away on matrices,
        but it factors convolution kernels over (in, out) where PyTorch factors them over (height, width).

    Source: Shazeer and Stern 2018, arXiv:1804.04235.
    """

    STATE = MappingProxyType({"step": "_steps", "row_var": "_r", "col_var": "_c", "variance": "_v"})
    decoupled_weight_decay = True

    def __init__(
        self,
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
        **kwargs,
    ) -> None:
        super().__init__(lr, weight_decay=weight_decay, maximize=maximize, **kwargs)
        self.beta2_decay = -check("-beta2_decay", -beta2_decay)
        self.eps = (eps[0] if eps[0] is None else check("eps[0]", eps[0]), check("eps[1]", eps[1]))
        self.d = check("d", d, low=1.0)

    def build(self, variables: list) -> None:
        if self.built:
            return
        keras.optimizers.Optimizer.build(self, variables)
        self._steps = self.counters(variables)
        self._axes = [rows_first(variable) for variable in variables]
        self._r, self._c, self._v = [], [], []
        for variable, axes in zip(variables, self._axes, strict=True):
            shape = [variable.shape[axis] for axis in axes]
            matrix = len(shape) > 1
            self._r.append(self.add_variable((*shape[:-1], 1), dtype=variable.dtype, name="row_var") if matrix else None)
            self._c.append(self.add_variable((*shape[:-2], 1, shape[-1]), dtype=variable.dtype, name="col_var") if matrix else None)
            self._v.append(None if matrix else self.add_variable_from_reference(variable, "variance"))

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        first = self.eps[0] if self.eps[0] is not None else _MACHINE_EPSILON[keras.backend.standardize_dtype(variable.dtype)]
        index = self._get_variable_index(variable)
        size = ops.maximum(self.eps[1], _rms(ops.convert_to_tensor(variable)))  # before weight decay
        gradient, lr = self.begin(gradient, variable, learning_rate)
        step = self.count(variable)
        new = ops.cast(ops.power(step, self.beta2_decay), variable.dtype)
        gradient = ops.transpose(gradient, self._axes[index])
        square = ops.square(gradient)
        if len(variable.shape) > 1:
            rows, columns = self._r[index], self._c[index]
            self.assign_add(rows, (ops.mean(square, axis=-1, keepdims=True) - rows) * new)
            self.assign_add(columns, (ops.mean(square, axis=-2, keepdims=True) - columns) * new)
            mean_square = rows * columns / ops.maximum(ops.mean(rows, axis=-2, keepdims=True), first)
        else:
            mean_square = self._v[index]
            self.assign_add(mean_square, (square - mean_square) * new)
        update = gradient / ops.sqrt(ops.maximum(mean_square, first**2))
        scale = size * ops.minimum(lr, ops.cast(1 / ops.sqrt(step), variable.dtype)) / ops.maximum(1, _rms(update) / self.d)
        back = [self._axes[index].index(axis) for axis in range(len(variable.shape))]
        self.assign_sub(variable, ops.transpose(scale * update, back))


def _rms(x: Tensor) -> Tensor:
    return ops.sqrt(ops.mean(ops.square(x)))
