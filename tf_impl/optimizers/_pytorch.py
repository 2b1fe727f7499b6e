"""What every optimizer twin shares: PyTorch's words, its weight decay, its step counter and the names of its state.

PyTorch's switches between implementations of one formula (`foreach`, `fused`, `capturable`, `differentiable`) have no twin and are not
mirrored; nor are parameter groups, for which Keras has `exclude_from_weight_decay` and `keras.optimizers.MultiOptimizer`.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import keras
from keras import ops

from tf_impl.typing import Tensor


class PyTorchOptimizer:
    """Mixed in before a Keras optimizer. A twin states its `STATE` and writes `update_step` from what `begin` returns.

    Differs from Keras, for all twins:
        Repeated rows of an embedding's gradient (`IndexedSlices`) are summed before anything is squared or clipped. Keras 3.15 squares them
            first: with a token three times in the batch Adam's second moment is 1/3 of the right one.
        `weight_decay` is added to the gradient, as PyTorch does, unless `decoupled_weight_decay`. Keras' is always decoupled.
        Each variable counts its own updates: one without a gradient in some step keeps its counter.
        The learning rate is kept in float64 (jax: `floatx`). Keras keeps it in `floatx`, and on TensorFlow `ops.cast(0.1, "float64")`, which Keras
            uses for betas and weight decay, is 0.10000000149 in a float64 model.
    """

    STATE: ClassVar[Mapping[str, str]] = {}  # PyTorch's name of a piece of state: the attribute that holds it, one entry a variable
    decoupled_weight_decay = False
    _moved: Mapping[str, keras.Variable] = MappingProxyType({})

    def __init__(self, lr: Any, *, weight_decay: float = 0.0, maximize: bool = False, **keras_words: Any) -> None:
        if callable(lr):  # a schedule
            super().__init__(learning_rate=lr, **keras_words)
        else:
            lr = check("lr", _number("lr", lr))
            super().__init__(learning_rate=lr, **keras_words)
            self._keep_exact(lr)
        self.weight_decay = check("weight_decay", weight_decay)
        self.maximize = maximize

    def _keep_exact(self, lr: float) -> None:
        if not has_float64():
            return
        self._untrack_variable(self._learning_rate)
        self._learning_rate = self.add_variable((), constant(lr), "float64", "only_first_replica", name="learning_rate")

    def build(self, variables: list) -> None:
        if self.built:
            return
        super().build(variables)
        if "step" in self.STATE:
            self._steps = self.counters(variables)

    def counters(self, variables: list) -> list[keras.Variable]:
        """A counter of updates for each variable, for `count`."""
        return self.scalars(variables, "step", 0.0)

    def scalars(self, variables: list, name: str, value: float) -> list[keras.Variable]:
        """A number kept for each variable."""
        return [self.add_variable((), constant(value), _scalar_dtype(v), name=name) for v in variables]

    def state(self, variable: keras.Variable) -> dict[str, keras.Variable]:
        """The state kept for `variable`, under the names of `torch.optim.Optimizer.state[p]`."""
        index = self._get_variable_index(variable)
        kept = {name: getattr(self, attribute)[index] for name, attribute in self.STATE.items() if getattr(self, attribute, None)}
        return {name: value for name, value in kept.items() if value is not None}

    def apply(self, grads: list, trainable_variables: list | None = None) -> None:
        super().apply([None if gradient is None else _dense(gradient) for gradient in grads], trainable_variables)

    def _apply_weight_decay(self, variables: list) -> None:
        pass  # `begin` does it: PyTorch's goes into the gradient

    def begin(self, gradient: Tensor, variable: Any, learning_rate: Any) -> tuple[Tensor, Tensor]:
        """The gradient with sign and weight decay, and the learning rate, both in the variable's dtype."""
        lr = ops.convert_to_tensor(learning_rate, dtype=variable.dtype)
        gradient = ops.cast(gradient, variable.dtype)
        if self.maximize:
            gradient = -gradient
        if self.weight_decay and self._use_weight_decay(variable):
            if self.decoupled_weight_decay:
                self.assign(variable, variable * (1 - lr * self.weight_decay))
            else:
                gradient = gradient + self.weight_decay * variable
        return gradient, lr

    def count(self, variable: Any) -> Tensor:
        """Counts this update of `variable`: 1, 2, … as a float of the widest kind, because PyTorch computes such numbers in float64."""
        step = self._steps[self._get_variable_index(variable)]
        self.assign_add(step, 1.0)
        return ops.cast(step, "float64" if has_float64() else step.dtype)

    def shares(self, name: str, dtype: str) -> tuple[Any, Any]:
        """β and 1 − β (or μ and 1 − μ) of this step: numbers, or, once `move` was called, what its variable holds, rounded to `dtype` at the end."""
        if name not in self._moved:
            return getattr(self, name), 1 - getattr(self, name)
        kept = ops.convert_to_tensor(self._moved[name])
        return ops.cast(kept, dtype), ops.cast(1 - kept, dtype)

    def move(self, name: str, value: float) -> None:
        """Sets "momentum" or "beta_1" as a scheduler does between steps. Compiled steps read it from a variable from now on, as they do the learning rate."""
        setattr(self, name, value)
        if name not in self._moved:
            dtype = "float64" if has_float64() else keras.config.floatx()
            self._moved = {**self._moved, name: self.add_variable((), constant(value), dtype, "only_first_replica", name=name)}
        self._moved[name].assign(value)

    def get_config(self) -> dict[str, Any]:
        """PyTorch's words, and those of Keras' own (name, clipping, averaging, accumulation) that were given."""
        of_keras = keras.optimizers.Optimizer.get_config(self)
        lr = of_keras.pop("learning_rate")
        words = [p.name for p in inspect.signature(type(self).__init__).parameters.values() if p.kind is not p.VAR_KEYWORD and p.name != "self"]
        defaults = {"ema_momentum": 0.99, "weight_decay": self.weight_decay}
        config = {word: value for word, value in of_keras.items() if value not in (None, False) and value != defaults.get(word)}
        return config | {word: lr if word == "lr" else getattr(self, word) for word in words}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> "PyTorchOptimizer":
        if isinstance(config["lr"], dict):
            config = config | {"lr": keras.saving.deserialize_keras_object(config["lr"], custom_objects=custom_objects)}
        return cls(**config)


def has_float64() -> bool:
    """jax has float64 only where it was asked for."""
    return keras.backend.backend() != "jax" or keras.backend.floatx() == "float64"


def bias_correction(beta: float | Tensor, step: Tensor, dtype: str) -> Tensor:
    """1 − βᵗ to the last digit: in float32 the subtraction itself loses three digits for β = 0.999, and PyTorch does it in float64."""
    if isinstance(beta, (int, float)):
        return ops.cast(-ops.expm1(step * math.log(beta)) if beta else ops.ones_like(step), dtype)
    return ops.cast(-ops.expm1(step * ops.log(beta)), dtype)


def constant(value: float) -> Callable:
    """An initializer. Keras' own `Constant(0.1)` is 0.10000000149 in float64 on TensorFlow."""
    return lambda shape, dtype: ops.full(shape, value, dtype=dtype)


def _number(name: str, value: Any) -> float:
    """A number, which may be a tensor of one element."""
    try:
        return float(ops.convert_to_numpy(value).item())
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` must be a number or a Keras schedule, got {value!r}.") from error


def check(name: str, value: float, low: float = 0.0, below: float = math.inf) -> float:
    """`value`, or a ValueError that names it."""
    if not low <= value < below:
        raise ValueError(f"`{name}` must be at least {low}{f' and below {below}' if below < math.inf else ''}, got {value}.")
    return value


def check_betas(betas: tuple[float, float]) -> tuple[float, float]:
    first, second = betas
    return check("betas[0]", first, below=1.0), check("betas[1]", second, below=1.0)


def rows_first(variable: Any) -> tuple[int, ...]:
    """The variable's axes in PyTorch's order: a Keras kernel (*space, in, out) as (out, in, *space), anything else as it is."""
    rank = len(variable.shape)
    return (rank - 1, rank - 2, *range(rank - 2)) if rank > 1 and variable.name.endswith("kernel") else tuple(range(rank))


def _scalar_dtype(variable: Any) -> str:
    return "float64" if keras.backend.standardize_dtype(variable.dtype) == "float64" else "float32"


def _dense(gradient: Any) -> Tensor:
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf  # IndexedSlices are TensorFlow's own; this sums repeated rows

        return tf.convert_to_tensor(gradient)
    return ops.convert_to_tensor(gradient, sparse=False)
