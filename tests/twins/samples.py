"""The public twins, and how to build and feed each: their parity cases say it, so that no list is kept by hand."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from parity.case import AnyCase, Build, Case, DemoCase, Draw, Input, OptimizerCase, seeded
from parity.discovery import all_cases
from parity.frameworks.base import find, flatten, moved_in

ROOT = "tf_impl"
EPS = {name: 2.0**-bits for name, bits in {"float64": 52, "float32": 23, "float16": 10, "bfloat16": 7}.items()}
TOLD_BY = {  # optimizers that a demonstration drives; its words for the constructor are theirs
    "optimizers.lbfgs:LBFGS": "optimizers.lbfgs:minimize_rosenbrock",
    "optimizers.sparse_adam:SparseAdam": "optimizers.sparse_adam:train_rows",
}


def public(*areas: str, of: type) -> list[str]:
    """Every class of that kind that an area exports, as a case names it: "layers.conv:Conv2d"."""
    found = [value for area in areas for value in vars(importlib.import_module(f"{ROOT}.{area}")).values() if inspect.isclass(value) and issubclass(value, of)]
    return [f"{cls.__module__.removeprefix(f'{ROOT}.')}:{cls.__name__}" for cls in found]


@cache
def cases(target: str) -> list[Any]:
    """One for each configuration."""
    told = [case for case in all_cases() if case.target == TOLD_BY.get(target, target) and "tensorflow" in case.backends and not case.needs]
    if target in TOLD_BY:
        words = inspect.signature(find(ROOT, target)).parameters
        told = [replace(case, config={word: value for word, value in case.config.items() if word in words}) for case in told]
    first = {repr(case.config): case for case in reversed(told) if target in TOLD_BY or isinstance(case, (Case, OptimizerCase))}
    return list(reversed(first.values()))


def richest(target: str) -> Any:
    """The case whose constructor is told most, the first of several: what is left at its default is easy to keep."""
    return max(cases(target), key=lambda case: len(case.config))


def telling(target: str) -> list[Any]:
    """So few of its cases that each word of the constructor is told in every kind of value that it is given: numbers of one kind are saved alike."""
    kept, told = [], set[tuple[str, str]]()
    for case in sorted(cases(target), key=lambda case: -len(case.config)):
        now = {(word, repr(value) if value is None or isinstance(value, bool) else type(value).__name__) for word, value in case.config.items()}
        if not kept or now - told:
            kept.append(case)
        told |= now
    return kept


def twin_of(case: AnyCase) -> type:
    return find(ROOT, next((target for target, told in TOLD_BY.items() if told == case.target and isinstance(case, DemoCase)), case.target))


def made(case: AnyCase | Build) -> Any:
    """The twin as its constructor makes it."""
    twin = find(ROOT, case.target) if isinstance(case, Build) else twin_of(case)
    return twin(**{name: _configured(case, name, value) for name, value in case.config.items()}) if inspect.isclass(twin) else twin


def _configured(case: AnyCase | Build, name: str, value: Any) -> Any:
    if isinstance(value, Draw):
        return keras.ops.convert_to_tensor(floating(moved_in(value.draw(case.target, name), value.layout)))
    return made(value) if isinstance(value, Build) else value


def built(case: AnyCase) -> Any:
    """The twin with variables and buffers that no constructor gives them."""
    layer = made(case)
    if not all(part.built for part in layer._flatten_layers()):
        call(layer, inputs(case), training=False)
    for i, variable in enumerate(layer.variables):
        if keras.backend.is_float_dtype(variable.dtype):
            variable.assign(_start(i, tuple(variable.shape)))
    return layer


@cache
def _kept(target: str) -> tuple[Any, list[Any]]:
    layer = built(richest(target))
    return layer, [variable.value[...] for variable in layer.variables]


def started(target: str) -> Any:
    """The twin of the richest case, built once for all tests that change nothing but its variables, which are as they were at first."""
    layer, values = _kept(target)
    for variable, value in zip(layer.variables, values, strict=True):
        variable.assign(value)
    return layer


def _start(index: int, shape: tuple[int, ...]) -> np.ndarray:
    rng = seeded("variable", index)
    return rng.normal(0.0, 1.0, shape) / np.sqrt(np.prod(shape[:-1])) if len(shape) > 1 else rng.uniform(0.5, 1.5, shape)


def floating(array: np.ndarray) -> np.ndarray:
    """Floats as Keras' `floatx`."""
    return array.astype(keras.config.floatx()) if array.dtype.kind == "f" else array


def inputs(case: Case) -> list[Any]:
    """The arrays of a call, nested as the call wants them; a single bool is a switch, Python's."""

    def drawn(name: str, value: Input) -> Any:
        if isinstance(value, Draw):
            array = floating(moved_in(value.draw(case.id, name), value.layout))
            return bool(array) if array.dtype == bool and array.ndim == 0 else array
        return None if value is None else tuple(drawn(f"{name}.{i}", item) for i, item in enumerate(value))

    return [drawn(name, value) for name, value in case.inputs.items()]


def leaves(nest: Any) -> list[Any]:
    """The arrays of a nest, in order."""
    if isinstance(nest, (list, tuple)):
        return [leaf for item in nest for leaf in leaves(item)]
    return [] if nest is None or isinstance(nest, bool) else [nest]


def refilled(nest: Any, values: Iterable[Any]) -> Any:
    """The same nest with other leaves."""
    following = iter(values)

    def fill(node: Any) -> Any:
        return type(node)(map(fill, node)) if isinstance(node, (list, tuple)) else next(following) if leaves(node) else node

    return fill(nest)


def call(twin: Any, nest: Sequence[Any], training: bool | None) -> Any:
    if isinstance(twin, keras.layers.Layer) and twin._call_has_training_arg:
        return twin(*nest, training=training)
    return twin(*nest)


def outputs(value: Any) -> dict[str, Any]:
    """The tensors that a twin returned, by name."""
    return dict(flatten(value, lambda leaf: keras.ops.is_tensor(leaf) or isinstance(leaf, keras.KerasTensor)))


def arrays(value: Any) -> dict[str, np.ndarray]:
    return {name: np.asarray(keras.ops.convert_to_numpy(tensor)) for name, tensor in outputs(value).items()}


def with_gradients(twin: Any, nest: Sequence[Any], training: bool) -> dict[str, Any]:
    """What the twin returns, and the gradients of its product with random cotangents for every float input and variable."""
    variables = getattr(twin, "trainable_variables", [])
    asked = {f"gradient {i}": leaf for i, leaf in enumerate([*leaves(nest), *(v.value for v in variables)]) if leaf.dtype.is_floating}
    with tf.GradientTape() as tape:
        tape.watch(list(asked.values()))
        found = outputs(call(twin, nest, training))
        floats = [(name, tensor) for name, tensor in found.items() if tensor.dtype.is_floating]
        total = sum(tf.reduce_sum(tensor * _cotangent(name, tensor)) for name, tensor in floats)
    gradients = tape.gradient(total, asked) if floats else {}
    return found | {name: tf.convert_to_tensor(gradient) for name, gradient in gradients.items() if gradient is not None}


def _cotangent(name: str, tensor: Any) -> Any:
    """The same numbers for a tensor whose shape is not known yet."""
    many = seeded("cotangent", name).normal(0.0, 1.0, 100_000)
    return tf.reshape(tf.constant(many, tensor.dtype)[: tf.size(tensor)], tf.shape(tensor))


def assert_same(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    """Bit for bit."""
    assert list(actual) == list(expected)
    for name, array in expected.items():
        assert actual[name].dtype == array.dtype, name
        np.testing.assert_array_equal(actual[name], array, err_msg=name)


def assert_near(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray], rounding: float) -> None:
    """Within `rounding` times the largest finite value of each array."""
    assert list(actual) == list(expected)
    for name, array in expected.items():
        wide, other = np.asarray(array, np.float64), np.asarray(actual[name], np.float64)
        scale = np.max(np.abs(wide), initial=0.0, where=np.isfinite(wide))
        np.testing.assert_allclose(other, wide, rtol=0, atol=rounding * scale, err_msg=name)


@contextlib.contextmanager
def policy(name: str, floatx: str | None = None) -> Iterator[None]:
    """Keras' global policy, and `floatx` where given."""
    before = keras.config.dtype_policy(), keras.config.floatx()
    try:
        keras.config.set_dtype_policy(name)
        keras.config.set_floatx(floatx or before[1])
        yield
    finally:
        keras.config.set_dtype_policy(before[0])
        keras.config.set_floatx(before[1])


def words(function: Callable[..., Any]) -> set[str]:
    """The named parameters of a constructor."""
    return {p.name for p in inspect.signature(function).parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)}
