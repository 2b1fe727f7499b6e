"""Gradients and compiled training steps of Keras' three backends: the one thing that Keras 3 itself does not unify."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from parity.frameworks.base import Backward, FrameworkError, tf32_wanted

Function = Callable[..., Any]


class TensorFlow:
    """GradientTape; training steps as `tf.function`."""

    def __init__(self) -> None:
        import tensorflow as tf
        from tensorflow.python.eager import context
        from tensorflow.python.framework import config

        self.tf, self.context, self.config = tf, context.context, config
        self.seeded: object = None  # the state of TensorFlow's own generator after it was seeded

    def configure(self, device: str, threads: int | None) -> None:
        tf = self.tf
        if device != "cpu" and not tf.config.list_physical_devices("GPU"):
            raise FrameworkError(
                f"{device!r}: TensorFlow {tf.__version__} sees no GPU here; use --device cpu, --backend jax or torch, or install torch-keras-parity[gpu]."
            )
        if threads is not None:
            try:
                tf.config.threading.set_intra_op_parallelism_threads(threads)
                tf.config.threading.set_inter_op_parallelism_threads(threads)
            except RuntimeError:  # TensorFlow has started: the count of whoever started it stands, and `made` says which
                pass
        tf.config.experimental.enable_tensor_float_32_execution(tf32_wanted())
        if device != "cpu":
            tf.config.experimental.enable_op_determinism()

    def made(self) -> dict[str, Any]:
        tf = self.tf
        return {
            "tensorflow": tf.__version__,
            "threads": tf.config.threading.get_intra_op_parallelism_threads() or "all",
            "flags": {
                "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
                "op_determinism": self.config.is_op_determinism_enabled(),
                "onednn": _onednn(),
            },
        }

    def seed(self, seed: int) -> None:
        """All seeds, but TensorFlow's own only where it was drawn from since: `tf.random.set_seed` empties the cache of kernels, 25 ms for a small case."""
        context, set_seed = self.context(), self.tf.random.set_seed
        if context._seed == seed and context._rng.getstate() == self.seeded:
            self.tf.random.set_seed = lambda seed: None
        try:
            keras.utils.set_random_seed(seed)
        finally:
            self.tf.random.set_seed = set_seed
        self.seeded = context._rng.getstate()

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        tf32 = self.tf.config.experimental.tensor_float_32_execution_enabled()
        try:
            yield
        finally:
            self.tf.config.experimental.enable_tensor_float_32_execution(tf32)

    def compiled(self, function: Function, jit: bool) -> Function:
        return self.tf.function(function, jit_compile=jit)

    @staticmethod
    def widened() -> contextlib.AbstractContextManager[None]:
        """float64 runs, in which user's code that says float32 gets float64."""
        from parity.frameworks.tf_widening import widened

        return widened()

    def named_as(self, variable: Any) -> contextlib.AbstractContextManager[None]:
        """What is made here in a Keras variable's place keeps TensorFlow's name of it, which optimizers may go by."""
        scope = variable._value.name.rpartition("/")[0]
        return self.tf.name_scope(f"{scope}/") if scope else contextlib.nullcontext()

    def tensor(self, array: np.ndarray) -> Any:
        return self.tf.convert_to_tensor(array)

    def backward(self, function: Function, objective: Function, inputs: Sequence[Any], wrt: Sequence[int], variables: Sequence[Any]) -> Backward:
        tf = self.tf
        leaves = [tf.identity(tensor) if i in wrt else tensor for i, tensor in enumerate(inputs)]
        asked = [leaves[i] for i in wrt]
        with tf.GradientTape() as tape:
            for leaf in asked:
                tape.watch(leaf)
            outputs = function(*leaves)
            value = objective(outputs)
        if value is None:
            return Backward(outputs, None, [None] * len(asked), [None] * len(variables))
        gradients = tape.gradient(value, [*asked, *[v.value for v in variables]])
        gradients = [None if g is None else tf.convert_to_tensor(g) for g in gradients]
        return Backward(outputs, value, gradients[: len(asked)], gradients[len(asked) :])

    def trainer(self, model: Any, loss: Function, optimizer: Any, variables: Sequence[Any]) -> Function:
        tf = self.tf

        @tf.function  # type: ignore[untyped-decorator]
        def step(inputs: Any, labels: Any) -> tuple[Any, Any]:
            with tf.GradientTape() as tape:
                outputs = model(inputs, training=True)
                value = loss(outputs, labels)
            optimizer.apply(tape.gradient(value, [v.value for v in variables]), variables)
            right = tf.abs(outputs - labels) < 0.5 if labels.dtype.is_floating else tf.equal(tf.argmax(outputs, -1), tf.cast(labels, tf.int64))
            return value, tf.reduce_mean(tf.cast(right, tf.float64))

        return step


class Torch:
    """Autograd on the backend's tensors."""

    def __init__(self) -> None:
        import torch

        self.torch = torch

    def configure(self, device: str, threads: int | None) -> None:
        from parity.frameworks.torch import TORCH

        TORCH.configure(device, threads)

    def made(self) -> dict[str, Any]:
        from parity.frameworks.torch import TORCH

        made = TORCH.made()
        return {"torch": made["torch"], "threads": made["threads"], "flags": made["flags"]}

    def seed(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)

    def restored(self) -> contextlib.AbstractContextManager[None]:
        from parity.frameworks.torch import TORCH

        return TORCH.restored()

    def compiled(self, function: Function, jit: bool) -> Function:
        return function  # `torch.compile` changes no formula and needs a compiler

    @staticmethod
    def widened() -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    @staticmethod
    def named_as(variable: Any) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def tensor(self, array: np.ndarray) -> Any:
        return keras.ops.convert_to_tensor(array)

    def backward(self, function: Function, objective: Function, inputs: Sequence[Any], wrt: Sequence[int], variables: Sequence[Any]) -> Backward:
        leaves = [tensor.detach().clone().requires_grad_(True) if i in wrt else tensor for i, tensor in enumerate(inputs)]
        outputs = function(*leaves)
        value = objective(outputs)
        asked = [*[leaves[i] for i in wrt], *[v.value for v in variables]]
        if value is None or not asked or not value.requires_grad:
            return Backward(outputs, value, [None] * len(wrt), [None] * len(variables))
        gradients = list(self.torch.autograd.grad(value, asked, allow_unused=True))
        return Backward(outputs, value, gradients[: len(wrt)], gradients[len(wrt) :])

    def trainer(self, model: Any, loss: Function, optimizer: Any, variables: Sequence[Any]) -> Function:
        return _eager_trainer(self, model, loss, optimizer, variables)


class _Noting(keras.StatelessScope):  # type: ignore[misc]
    """A stateless scope that remembers which variables were assigned: it keeps their ids only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.changed: dict[int, Any] = {}

    def add_update(self, update: tuple[Any, Any]) -> None:
        super().add_update(update)
        self.changed[id(update[0])] = update[0]


class Jax:
    """`jax.value_and_grad` over a stateless scope; what the call changed is assigned afterwards."""

    def __init__(self) -> None:
        import jax

        jax.config.update("jax_enable_x64", True)
        self.jax = jax

    def configure(self, device: str, threads: int | None) -> None:
        if device != "cpu" and not any(d.platform == "gpu" for d in self.jax.devices()):
            raise FrameworkError(f"device {device!r}: jax {self.jax.__version__} sees no GPU here; use --device cpu or install jax[cuda].")
        self.jax.config.update("jax_default_matmul_precision", "tensorfloat32" if tf32_wanted() else "highest")

    def made(self) -> dict[str, Any]:
        return {"jax": self.jax.__version__, "threads": "all", "flags": {"x64": True, "matmul_precision": self.jax.config.jax_default_matmul_precision}}

    def seed(self, seed: int) -> None:
        keras.utils.set_random_seed(seed)

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        precision = self.jax.config.jax_default_matmul_precision
        try:
            yield
        finally:
            self.jax.config.update("jax_default_matmul_precision", precision)

    def compiled(self, function: Function, jit: bool) -> Function:
        return function  # its gradients are traced as they are

    @staticmethod
    def widened() -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    @staticmethod
    def named_as(variable: Any) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

    def tensor(self, array: np.ndarray) -> Any:
        return self.jax.numpy.asarray(array)

    def backward(self, function: Function, objective: Function, inputs: Sequence[Any], wrt: Sequence[int], variables: Sequence[Any]) -> Backward:
        jax = self.jax
        kept: dict[str, Any] = {}

        def run(leaves: list[Any], values: list[Any]) -> tuple[Any, Any]:
            full = list(inputs)
            for i, leaf in zip(wrt, leaves, strict=True):
                full[i] = leaf
            with _Noting(state_mapping=list(zip(variables, values, strict=True))) as scope:
                outputs = function(*full)
                value = objective(outputs)
            kept["changed"] = list(scope.changed.values())
            new = [scope.get_current_value(variable) for variable in kept["changed"]]
            return (jax.numpy.zeros(()) if value is None else value), (outputs, value, new)

        (_, (outputs, value, new)), (inner, outer) = jax.value_and_grad(run, argnums=(0, 1), has_aux=True, allow_int=True)(
            [inputs[i] for i in wrt], [v.value for v in variables]
        )
        for variable, update in zip(kept["changed"], new, strict=True):
            variable.assign(update)
        return Backward(outputs, value, list(inner), list(outer))

    def trainer(self, model: Any, loss: Function, optimizer: Any, variables: Sequence[Any]) -> Function:
        return _eager_trainer(self, model, loss, optimizer, variables)


def _eager_trainer(engine: Any, model: Any, loss: Function, optimizer: Any, variables: Sequence[Any]) -> Function:
    def step(inputs: Any, labels: Any) -> tuple[Any, Any]:
        done = engine.backward(lambda x: model(x, training=True), lambda outputs: loss(outputs, labels), [inputs], [], variables)
        optimizer.apply(done.gradients, variables)
        if keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype)):
            right = keras.ops.abs(done.outputs - labels) < 0.5
        else:
            right = keras.ops.equal(keras.ops.cast(keras.ops.argmax(done.outputs, -1), "int64"), keras.ops.cast(labels, "int64"))
        return done.objective, keras.ops.mean(keras.ops.cast(right, "float64"))

    return step


def _onednn() -> str:
    import os

    return os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default")


ENGINES: dict[str, type] = {"tensorflow": TensorFlow, "torch": Torch, "jax": Jax}
