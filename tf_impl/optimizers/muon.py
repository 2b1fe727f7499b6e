"""Muon with PyTorch's momentum, step sizes and bfloat16 iteration."""

from types import MappingProxyType

import keras
from keras import ops

from tf_impl.optimizers._pytorch import PyTorchOptimizer, check, rows_first
from tf_impl.typing import Tensor


@keras.saving.register_keras_serializable(package="tf_impl")
class Muon(PyTorchOptimizer, keras.optimizers.Muon):
    r"""Steps along the momentum of a matrix with all its singular values moved close to 1.

    $$ B_t = \mu B_{t-1} + (1-\mu)\, g_t,\qquad \tilde B_t = \mu B_t + (1-\mu)\, g_t \text{ (nesterov)},\qquad
       \theta_t = (1 - \gamma\lambda)\, \theta_{t-1} - \gamma\, s\, \mathrm{NS}(\tilde B_t) $$

    NS iterates X ← aX + (b XXᵀ + c (XXᵀ)²) X from X = B̃/‖B̃‖, in bfloat16. s = √max(1, A/B) for a matrix of A outputs and B inputs, or with
    `match_rms_adamw` 0.2 √max(A, B).

    Args:
        lr: learning rate γ, or a Keras schedule.
        weight_decay: λ, decoupled.
        momentum: μ.
        nesterov: look ahead.
        ns_coefficients: a, b, c.
        eps: least norm that is divided by.
        ns_steps: iterations.
        adjust_lr_fn: "original" (None) or "match_rms_adamw".

    Shapes:
        (A, B), of a Keras kernel (B, A); `momentum_buffer` (B) has its parameter's shape.

    Raises:
        ValueError: a parameter that is no matrix; `lr`, `weight_decay` or `momentum` negative; another `adjust_lr_fn`; a wrong number of
            coefficients; 100 `ns_steps` or more.

    Differs from PyTorch:
        Keras' Muon sums its momentum with weight 1 for 1 − μ (which the norm takes out again), scales always by 0.2 √max(A, B), decays by 0.004 for
        0.1 and iterates in the gradient's dtype: 0.017 away after 20 steps of lr 0.02; with these equal 1e-4, which is bfloat16's. It trains what is no
        matrix with AdamW; PyTorch refuses it. bfloat16 sums that are taken in another order round differently: of matrices 5x3 one update in 200 is off,
        of 256x128 every one, each by at most 0.005 in an entry.

    Source: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; Liu et al. 2025, arXiv:2502.16982.
    """

    STATE = MappingProxyType({"momentum_buffer": "momentums"})
    decoupled_weight_decay = True

    def __init__(
        self,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.775, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
        **kwargs,
    ) -> None:
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f'`adjust_lr_fn` must be None, "original" or "match_rms_adamw", got {adjust_lr_fn!r}.')
        if len(ns_coefficients) != 3:
            raise ValueError(f"`ns_coefficients` must be three numbers, got {ns_coefficients}.")
        momentum = check("momentum", momentum)
        super().__init__(lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov, ns_steps=check("ns_steps", ns_steps, below=100), **kwargs)
        self.ns_coefficients, self.eps, self.adjust_lr_fn = tuple(ns_coefficients), eps, adjust_lr_fn

    def build(self, variables: list) -> None:
        if self.built:
            return
        for variable in variables:
            if len(variable.shape) != 2:
                raise ValueError(f"Muon trains matrices; `{variable.name}` has shape {tuple(variable.shape)}: give it to another optimizer, such as AdamW.")
        keras.optimizers.Optimizer.build(self, variables)
        self.momentums = self.add_optimizer_variables(variables, "momentum")
        self._ratios = [self._ratio(*(variable.shape[axis] for axis in rows_first(variable))) for variable in variables]

    def _ratio(self, rows: int, columns: int) -> float:
        return 0.2 * max(rows, columns) ** 0.5 if self.adjust_lr_fn == "match_rms_adamw" else max(1, rows / columns) ** 0.5

    def update_step(self, gradient: Tensor, variable: keras.Variable, learning_rate: Tensor) -> None:
        gradient, lr = self.begin(gradient, variable, learning_rate)
        index = self._get_variable_index(variable)
        buffer = self.momentums[index]
        momentum, new = self.shares("momentum", variable.dtype)
        self.assign_add(buffer, (gradient - buffer) * new)
        update = gradient + momentum * (buffer - gradient) if self.nesterov else ops.convert_to_tensor(buffer)
        self.assign_sub(variable, lr * self._ratios[index] * ops.cast(self.zeropower_via_newtonschulz5(update, self.ns_steps), variable.dtype))

    def zeropower_via_newtonschulz5(self, x: Tensor, steps: int) -> Tensor:
        """The iteration, each result rounded to bfloat16 as on PyTorch's side, sums in float32."""
        a, b, c = self.ns_coefficients
        wide = x.shape[0] <= x.shape[1]
        x = _rounded(x if wide else ops.transpose(x))
        x = _rounded(x / _rounded(ops.maximum(ops.sqrt(ops.sum(ops.square(x))), self.eps)))
        for _ in range(steps):
            gram = _rounded(ops.matmul(x, ops.transpose(x)))
            x = _rounded(a * x + ops.matmul(_rounded(b * gram + c * ops.matmul(gram, gram)), x))
        return x if wide else ops.transpose(x)


def _rounded(x: Tensor) -> Tensor:
    return ops.cast(ops.cast(x, "bfloat16"), "float32")
