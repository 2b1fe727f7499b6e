"""L-BFGS: a quasi-Newton method that evaluates the loss several times a step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
from jaxtyping import Float
from keras import ops

from tf_impl.optimizers._line_search import Point, dot, strong_wolfe
from tf_impl.optimizers._pytorch import PyTorchOptimizer
from tf_impl.typing import Tensor


@dataclass
class _Memory:
    """What is kept from step to step: the last changes of gradient and parameters, and where the last step went."""

    iterations: int = 0
    evaluations: int = 0
    gradient_changes: list = field(default_factory=list)
    moves: list = field(default_factory=list)
    inverse_curvatures: list = field(default_factory=list)
    scale: float = 1.0  # of the first guess of the inverse Hessian
    direction: Any = None
    length: float = 0.0
    gradient: Any = None

    def remember(self, gradient: Tensor, history_size: int) -> None:
        change, move = gradient - self.gradient, self.direction * self.length
        curvature = dot(change, move)
        if curvature > 1e-10:
            self.scale = curvature / dot(change, change)
            for kept, new in ((self.gradient_changes, change), (self.moves, move), (self.inverse_curvatures, 1.0 / curvature)):
                if len(kept) == history_size:
                    del kept[0]
                kept.append(new)

    def newton_direction(self, gradient: Tensor) -> Tensor:
        """−H∇f, with H the inverse Hessian that the remembered changes imply."""
        pairs = list(zip(self.gradient_changes, self.moves, self.inverse_curvatures, strict=True))
        shares = []
        direction = -gradient
        for change, move, inverse in reversed(pairs):
            shares.append(dot(move, direction) * inverse)
            direction = direction - shares[-1] * change
        direction = direction * self.scale
        for change, move, inverse in pairs:
            direction = direction + (shares.pop() - dot(change, direction) * inverse) * move
        return direction


@keras.saving.register_keras_serializable(package="tf_impl")
class LBFGS(PyTorchOptimizer, keras.optimizers.Optimizer):
    r"""Steps along −H∇f, with H the inverse Hessian estimated from the last changes of the gradient.

    $$ \theta_{k+1} = \theta_k - t_k H_k \nabla f(\theta_k),\qquad
       H_{k+1} = (I - \rho s y^\top) H_k (I - \rho y s^\top) + \rho s s^\top,\quad s = \theta_{k+1} - \theta_k,\; y = \nabla f_{k+1} - \nabla f_k,\;
       \rho = \tfrac{1}{y^\top s} $$

    Args:
        lr: t, or the first t that the line search tries.
        max_iter: iterations a step.
        max_eval: evaluations a step; None: 1.25 `max_iter`.
        tolerance_grad: stop when no entry of the gradient is larger.
        tolerance_change: stop when parameters or loss change less.
        history_size: how many changes are kept.
        line_search_fn: None or "strong_wolfe".

    Shapes:
        any.

    Raises:
        ValueError: `lr` negative, another `line_search_fn`.

    Differs from PyTorch:
        Keras has no L-BFGS, and no place for gradients on its variables: `step`'s closure returns the loss and the gradients of the variables that the
        optimizer was built with. Eager only; `model.fit` cannot use it.

    Source: Liu and Nocedal 1989, "On the limited memory BFGS method for large scale optimization"; Nocedal and Wright, "Numerical Optimization", 3.5.
    """

    def __init__(
        self,
        lr: float = 1.0,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
        **kwargs,
    ) -> None:
        if line_search_fn not in (None, "strong_wolfe"):
            raise ValueError(f'`line_search_fn` must be None or "strong_wolfe", got {line_search_fn!r}.')
        super().__init__(lr, **kwargs)
        self.max_iter, self.max_eval = max_iter, max_iter * 5 // 4 if max_eval is None else max_eval
        self.tolerance_grad, self.tolerance_change = tolerance_grad, tolerance_change
        self.history_size, self.line_search_fn = history_size, line_search_fn
        self._memory = _Memory()

    def apply(self, grads: list, trainable_variables: list | None = None) -> None:
        raise TypeError("LBFGS evaluates the loss several times a step: call `step(closure)`, with a closure that returns (loss, gradients).")

    def step(self, closure: Callable[[], tuple[Tensor, list]]) -> Tensor:
        """Up to `max_iter` iterations; the loss before the first of them."""
        memory, lr = self._memory, float(self.learning_rate)
        first_loss, gradient = self._evaluate(closure)
        loss, evaluations = float(first_loss), 1
        memory.evaluations += 1
        if _largest(gradient) <= self.tolerance_grad:
            return first_loss
        for iteration in range(1, self.max_iter + 1):
            memory.iterations += 1
            if memory.iterations == 1:
                direction, length = -gradient, min(1.0, 1.0 / float(ops.sum(ops.abs(gradient)))) * lr
            else:
                memory.remember(gradient, self.history_size)
                direction, length = memory.newton_direction(gradient), lr
            slope, loss_before = dot(gradient, direction), loss
            memory.gradient, memory.direction, memory.length = gradient, direction, length
            if slope > -self.tolerance_change:
                break
            if self.line_search_fn:
                found, used = self._search(closure, Point(0.0, loss, gradient, slope), length, direction, self.max_eval - evaluations)
                loss, gradient, length = found.loss, found.gradient, found.length
                memory.length = length
                self._set(self._flat(self._trainable_variables) + length * direction)
            else:
                self._set(self._flat(self._trainable_variables) + length * direction)
                used = 0
                if iteration < self.max_iter:
                    value, gradient = self._evaluate(closure)
                    loss, used = float(value), 1
            evaluations += used
            memory.evaluations += used
            if evaluations >= self.max_eval or _largest(gradient) <= self.tolerance_grad:
                break
            if _largest(direction * length) <= self.tolerance_change or abs(loss - loss_before) < self.tolerance_change:
                break
        return first_loss

    def _evaluate(self, closure: Callable) -> tuple[Tensor, Tensor]:
        loss, gradients = closure()
        return loss, self._flat([ops.zeros_like(v) if g is None else g for g, v in zip(gradients, self._trainable_variables, strict=True)])

    def _search(self, closure: Callable, start: Point, length: float, direction: Tensor, limit: int) -> tuple[Point, int]:
        here = self._flat(self._trainable_variables)

        def evaluate(length: float) -> Point:
            self._set(here + length * direction)
            loss, gradient = self._evaluate(closure)
            self._set(here)
            return Point(length, float(loss), gradient, dot(gradient, direction))

        return strong_wolfe(evaluate, start, length, _largest(direction), limit)

    def _flat(self, tensors: list) -> Tensor:
        return ops.concatenate([ops.reshape(tensor, (-1,)) for tensor in tensors])

    def _set(self, flat: Tensor) -> None:
        start = 0
        for variable in self._trainable_variables:
            end = start + int(ops.size(variable))
            self.assign(variable, ops.reshape(flat[start:end], variable.shape))
            start = end


def minimize_rosenbrock(start: Float[Tensor, " n"], steps: int = 3, **config: Any) -> dict[str, Any]:
    """Walks down the curved valley Σ 100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)² from `start`; its floor is at 1, …, 1."""
    import tensorflow as tf  # for the gradient

    point = keras.Variable(start)
    optimizer = LBFGS(**config)
    optimizer.build([point])

    def closure() -> tuple[Tensor, list]:
        with tf.GradientTape() as tape:
            x = point.value
            loss = tf.reduce_sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
        return loss, [tape.gradient(loss, point.value)]

    losses, path = [], []
    for _ in range(steps):
        losses.append(optimizer.step(closure))
        path.append(ops.copy(point.value))
    return {"losses": ops.stack(losses), "path": ops.stack(path), "evaluations": optimizer._memory.evaluations}


def _largest(x: Tensor) -> float:
    return float(ops.max(ops.abs(x)))
