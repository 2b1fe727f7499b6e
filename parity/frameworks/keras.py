"""Keras 3 behind `Framework`, on its TensorFlow, JAX or torch backend (`KERAS_BACKEND`, read when Keras is first imported)."""

from __future__ import annotations

import contextlib
import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from parity.case import Layout
from parity.frameworks.base import NOTHING, Backward, FrameworkError, Slot, moved_in, moved_out
from parity.frameworks.keras_engines import ENGINES
from parity.spilling import spilled
from parity.weights import CELLS, part_of, qualified

_TYPES = keras.src.backend.common.dtypes
_NARROWED, _RESOLVED = _TYPES.BIT64_TO_BIT32_DTYPE, _TYPES._resolve_weak_type


def _with_narrow_integers(dtype: str, precision: str = "32") -> str:
    """Python's integers stay 32 bits wide where floats are 64, as in the model that the user runs: TensorFlow compares no int64 with an int32."""
    return str(_RESOLVED(dtype, "32" if dtype[:1] in "iu" else precision))


class Keras:
    name = "keras"

    def __init__(self) -> None:
        self.backend = keras.backend.backend()
        if self.backend not in ENGINES:
            raise FrameworkError(f"Keras runs on {self.backend!r} here; set KERAS_BACKEND to one of {', '.join(ENGINES)}.")
        self.engine = ENGINES[self.backend]()
        self.device = "cpu"

    def configure(self, device: str, threads: int | None = None) -> None:
        self.engine.configure(device, threads)
        self.device = device

    def made(self) -> dict[str, Any]:
        import platform

        common = {
            "framework": "keras",
            "keras": keras.__version__,
            "backend": self.backend,
            "numpy": np.__version__,
            "python": platform.python_version(),
            "machine": platform.machine(),
            "device": self.device,
        }
        return common | self.engine.made()

    @contextlib.contextmanager
    def precision(self, dtype: str) -> Iterator[None]:
        floatx, policy, narrowed = keras.config.floatx(), keras.config.dtype_policy(), dict(_NARROWED)
        weak = _TYPES._resolve_weak_type
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        if dtype == "float64":  # off TensorFlow, Keras 3.15 answers float32 when float64 meets a constant; the second precision needs float64
            _NARROWED.update({"float64": "float64", "int64": "int64"})
            _TYPES._resolve_weak_type = _with_narrow_integers
        try:
            with keras.device(self._place()):
                yield
        finally:
            keras.config.set_floatx(floatx)
            keras.config.set_dtype_policy(policy)
            _NARROWED.update(narrowed)
            _TYPES._resolve_weak_type = weak

    def widened(self, dtype: str) -> contextlib.AbstractContextManager[None]:
        """For user's models, whose code may say float32: a float64 run in which that is float64. What a twin computes is judged as it is."""
        return self.engine.widened() if dtype == "float64" else contextlib.nullcontext()

    def _place(self) -> str:
        """Keras' word for the device; on the torch backend "cpu:0" would turn parameters into plain tensors."""
        if self.device.startswith("cuda"):
            return "gpu:0"
        return "cpu" if self.backend == "torch" else "cpu:0"

    def seed(self, seed: int) -> None:
        self.engine.seed(seed)

    def tensor(self, array: np.ndarray, layout: Layout = "same") -> Any:
        array = moved_in(array, layout)
        return self.engine.tensor(np.array(array, dtype=keras.config.floatx() if array.dtype.kind == "f" else None, order="C"))

    def plain_tensor(self, array: np.ndarray) -> Any:
        """An array as it lies; floats in the current precision."""
        return self.tensor(array)

    def array(self, tensor: Any, layout: Layout = "same") -> np.ndarray:
        return self._own(moved_out(np.asarray(keras.ops.convert_to_numpy(tensor)), layout))

    def _own(self, array: np.ndarray) -> np.ndarray:
        """A copy; with TensorFlow the conversion was one."""
        return np.asarray(array, order="C") if self.backend == "tensorflow" else np.array(array, order="C")

    def is_tensor(self, value: Any) -> bool:
        return keras.ops.is_tensor(value) or isinstance(value, keras.Variable)

    def parameter(self, array: np.ndarray, name: str) -> Any:
        return keras.Variable(np.asarray(array, dtype=keras.config.floatx()), name=name)

    def is_model(self, value: Any) -> bool:
        return isinstance(value, keras.layers.Layer)

    def call(self, model: Any, inputs: Sequence[Any], training: bool, arguments: Mapping[str, Any] = NOTHING) -> Any:
        if isinstance(model, keras.layers.Layer) and model._call_has_training_arg:
            return model(*inputs, training=training, **arguments)
        return model(*inputs, **arguments)

    @staticmethod
    def untold_by_fit(model: Any) -> bool:
        """Whether `fit` leaves layers in inference that act otherwise in training: it hands `training` on to a `call` that has such an argument only."""
        if not isinstance(model, keras.Model) or model._call_has_training_arg:
            return False
        kinds = (keras.layers.BatchNormalization, keras.layers.Dropout, keras.layers.SpatialDropout1D, keras.layers.SpatialDropout2D)
        return any(isinstance(layer, kinds) for layer in model._flatten_layers())

    def call_mapping(self, model: Any, inputs: Mapping[str, Any], training: bool) -> Any:
        return model(dict(inputs), training=training)

    def call_inputs(self, model: Any, values: Sequence[Any], training: bool, together: bool) -> Any:
        """As Keras takes several inputs: in one list, or one by one where `call` has as many arguments."""
        if together and len(values) > 1 and (isinstance(model, keras.src.models.Functional) or len(_arguments_of_call(model)) < len(values)):
            values = [list(values)]
        if isinstance(model, keras.Model) and not model._call_has_training_arg:  # it hands it on to its layers all the same
            return model(*values, training=training)
        return self.call(model, values, training)

    def steps_at_once(self, layer: Any, inputs: Any, words: Mapping[str, Any]) -> Any:
        """What a TimeDistributed layer gives, its own layer called once on the steps of all examples and not for each step."""
        shape = tuple(int(n) for n in inputs.shape)
        if not layer.built:
            layer.build(shape)
        words = {"training": words["training"]} if layer.layer._call_has_training_arg and words.get("training") is not None else {}
        made = layer.layer(keras.ops.reshape(inputs, (shape[0] * shape[1], *shape[2:])), **words)
        return keras.ops.reshape(made, (*shape[:2], *made.shape[1:]))

    def call_named(self, model: Any, values: Mapping[str, Any], training: bool) -> Any:
        """By keyword where `call` has arguments of these names, else as one mapping."""
        words = {"training": training} if model._call_has_training_arg or isinstance(model, keras.Model) else {}
        if set(values) <= set(_arguments_of_call(model)) and not isinstance(model, keras.src.models.Functional):
            return model(**values, **words)
        return model(dict(values), **words)

    def variable_of(self, array: np.ndarray, name: str) -> Any:
        return keras.Variable(array, dtype=array.dtype.name, name=name.replace(".", "_"))

    def optimizer_of(self, factory: Any, changes: Mapping[str, Any], variables: Sequence[Any]) -> Any:
        """The user's optimizer (or a copy of it with some of its configuration changed), built for these variables."""
        optimizer = factory() if callable(factory) and not isinstance(factory, keras.optimizers.Optimizer) else type(factory).from_config(factory.get_config())
        for name, value in changes.items():
            if not hasattr(optimizer, name):
                raise ValueError(f"{type(optimizer).__name__} has no {name}")
            setattr(optimizer, name, value)  # not by its configuration: a class of the user's own may not tell all of it
        if variables:
            optimizer.build(list(variables))
        return optimizer

    def declared_shapes(self, model: Any) -> Any:
        """Shapes of the inputs that a functional or Sequential model declares: a mapping by name and, under numbers, by place."""
        graph = getattr(model, "_functional", None) or model
        if isinstance(graph, keras.src.models.Functional):
            tensors = list(graph.inputs)
            names = [t._keras_history.operation.name if hasattr(t, "_keras_history") else t.name for t in tensors]
            return _Declared({name: tuple(t.shape) for name, t in zip(names, tensors, strict=True)}, [tuple(t.shape) for t in tensors])
        return _Declared({}, [])

    def children(self, layer: Any) -> Iterator[tuple[str, Any]]:
        return _children(layer)

    def compiled(self, function: Callable[..., Any], mode: str) -> Callable[..., Any]:
        """The same as a graph ("graph") or compiled by XLA ("jit"); as it is ("eager")."""
        return function if mode == "eager" else self.engine.compiled(function, mode == "jit")

    def is_keras_loss(self, loss: Any) -> bool:
        """A loss of `keras.losses`, of a class derived from `keras.losses.Loss`, or written for Keras with `y_true` first: they are called (target, output)."""
        if isinstance(loss, keras.losses.Loss) or getattr(loss, "__module__", "").startswith("keras."):
            return True
        try:
            return next(iter(inspect.signature(loss).parameters), "") == "y_true"
        except (TypeError, ValueError):  # what has no signature
            return False

    @staticmethod
    def averaged(loss: Any, value: Any) -> Any:
        """What `compile` makes of a loss: of a function that gives a number for each sample, the mean."""
        return value if isinstance(loss, keras.losses.Loss) or not getattr(value, "shape", ()) else keras.ops.mean(value)

    @contextlib.contextmanager
    def in_precision(self, loss: Any) -> Iterator[None]:
        """A Keras loss casts to the type it was made in, and so loses float64 and the logits behind a softmax: meanwhile it has the current one."""
        before = getattr(loss, "_dtype", None)
        if before is None:
            yield
            return
        loss._dtype = keras.config.floatx()
        try:
            yield
        finally:
            loss._dtype = before

    @contextlib.contextmanager
    def restored(self) -> Iterator[None]:
        """What `configure` sets for the whole process is put back."""
        with self.engine.restored():
            yield

    def prepare(self, model: Any, inputs: Sequence[Any], arguments: Mapping[str, Any] = NOTHING) -> None:
        if isinstance(model, keras.layers.Layer) and not all(layer.built for layer in model._flatten_layers()):
            self.call(model, inputs, False, arguments)

    @contextlib.contextmanager
    def cast(self, model: Any, dtype: str) -> Iterator[Any]:
        """In place, because cloning fails on subclassed models: new values under the old variables, policies and input types, all put back after."""
        layers = model._flatten_layers()
        variables = [(v, v._dtype, v._value) for v in model.variables]
        # the values of weights stay with what held them; what a layer writes itself, it may write there too (a graph made before keeps it)
        written = [(v, spilled(self.read(v))) for v in model.variables if not (v.trainable and keras.backend.is_float_dtype(v._dtype))]
        policies = [(layer, layer._dtype_policy) for layer in layers]
        graphs = [getattr(layer, "_functional", layer) for layer in layers]  # a Sequential keeps its graph aside
        symbols = [(tensor, tensor._dtype) for graph in graphs if isinstance(graph, keras.src.models.Functional) for tensor in graph.inputs]
        symbols += [(layer, layer._dtype) for layer in layers if isinstance(layer, keras.layers.InputLayer)]
        try:
            for variable, old, _ in variables:
                if keras.backend.is_float_dtype(old):
                    value = self.read(variable).astype(dtype)
                    variable._dtype = dtype
                    with self.engine.named_as(variable):
                        variable._initialize(self.engine.tensor(value))
            for layer, _ in policies:
                layer._dtype_policy = keras.DTypePolicy(dtype)
            for tensor, old in symbols:
                if keras.backend.is_float_dtype(old):
                    tensor._dtype = dtype
            yield model
        finally:
            for variable, old, held in variables:
                variable._dtype, variable._value = old, held
            for variable, value in written:
                self.assign(variable, value)
            for layer, policy in policies:
                layer._dtype_policy = policy
            for tensor, old in symbols:
                tensor._dtype = old

    def slots(self, model: Any) -> list[Slot]:
        return list(_slots(model, [], set()))

    def read(self, variable: Any) -> np.ndarray:
        return np.array(keras.ops.convert_to_numpy(variable.value[...]), order="C")  # [...]: NumPy warns of TensorFlow's variables, not of its tensors

    def assign(self, variable: Any, array: np.ndarray) -> None:
        variable.assign(np.asarray(array, order="C"))

    def backward(
        self, function: Callable[..., Any], objective: Callable[[Any], Any], inputs: Sequence[Any], wrt: Sequence[int], variables: Sequence[Any]
    ) -> Backward:
        done: Backward = self.engine.backward(function, objective, inputs, wrt, variables)
        return done

    def inner(self, tensor: Any, cotangent: Any) -> Any:
        return keras.ops.sum(tensor * cotangent)

    def optimizer(self, factory: Callable[..., Any], config: Mapping[str, Any], variables: Sequence[Any]) -> Any:
        optimizer = factory(**config)
        optimizer.build(list(variables))
        return optimizer

    def apply(self, optimizer: Any, gradients: Sequence[Any], variables: Sequence[Any]) -> None:
        pairs = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
        optimizer.apply([g for g, _ in pairs], [v for _, v in pairs])

    def set_learning_rate(self, optimizer: Any, value: float) -> None:
        optimizer.learning_rate = value

    def state(self, optimizer: Any, variable: Any) -> dict[str, np.ndarray]:
        return {name: np.asarray(keras.ops.convert_to_numpy(value)) for name, value in optimizer.state(variable).items() if value is not None}

    def trainer(self, model: Any, loss: Callable[[Any, Any], Any], optimizer: Any, variables: Sequence[Any]) -> Callable[[Any, Any], tuple[float, float]]:
        compiled = self.engine.trainer(model, loss, optimizer, variables)

        def step(inputs: Any, labels: Any) -> tuple[float, float]:
            value, accuracy = compiled(inputs, labels)
            return float(keras.ops.convert_to_numpy(value)), float(keras.ops.convert_to_numpy(accuracy))

        return step


class _Declared:
    """Declared input shapes, by name or by place."""

    def __init__(self, by_name: dict[str, tuple[int | None, ...]], by_place: list[tuple[int | None, ...]]) -> None:
        self.by_name, self.by_place = by_name, by_place

    def of(self, name: str, place: int) -> tuple[int | None, ...] | None:
        return self.by_name.get(name) or (self.by_place[place] if place < len(self.by_place) else None)


def _arguments_of_call(model: Any) -> list[str]:
    """The names of `call`'s arguments that may be tensors."""
    import inspect

    names = [n for n, p in inspect.signature(model.call).parameters.items() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    return [name for name in names if name not in {"training", "mask"} or (name == "mask" and len(names) > 1)]


def _slots(layer: Any, path: list[str], seen: set[int]) -> Iterator[Slot]:
    """Own variables first, then the children in the order of their attributes."""
    if id(layer) in seen:
        return
    seen.add(id(layer))
    classes = [cls.__name__ for cls in type(layer).__mro__]
    is_cell = any(name in CELLS for name in classes)
    for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:
        part = part_of(classes, variable.name, tuple(variable.shape))
        names = tuple(qualified(path, name, is_cell) for name in part.names)
        yield Slot(variable, names, part, variable.trainable, ".".join(path))
    for name, child in _children(layer):
        yield from _slots(child, [*path, *name.split(".")] if name else path, seen)


def _children(layer: Any) -> Iterator[tuple[str, Any]]:
    """Sublayers under the names PyTorch would give them: `named_children()` where the twin has it, else attributes, else Keras' own names."""
    if "named_children" in {name for cls in type(layer).__mro__ if not cls.__module__.startswith("torch.") for name in vars(cls)}:
        yield from layer.named_children()
        return
    found: dict[int, str] = {}
    if not isinstance(layer, (keras.Sequential, keras.src.models.Functional)):
        for name, value in {**vars(layer), **getattr(layer, "_modules", {})}.items():  # on the torch backend a layer is a module and keeps its children there
            if not name.startswith("_"):
                for label, child in _layers_in(name, value):
                    found.setdefault(id(child), label)
    for child in layer._layers:
        if not isinstance(child, keras.layers.InputLayer):
            yield found.get(id(child), child.name), child


def _layers_in(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, keras.layers.Layer):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _layers_in(f"{name}.{i}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _layers_in(f"{name}.{key}", item)


KERAS = Keras()
