"""What a Keras model does while it runs: every call of a layer, which may be answered by somebody else, and every TensorFlow operation with its values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import keras

LayerHook = Callable[[Any, tuple[Any, ...], dict[str, Any], Callable[..., Any]], Any]
OpHook = Callable[[str, list[Any], list[Any]], None]


def _symbolic(value: Any) -> bool:
    if isinstance(value, keras.KerasTensor):
        return True
    if isinstance(value, (tuple, list)):
        return any(map(_symbolic, value))
    return isinstance(value, dict) and any(map(_symbolic, value.values()))


@contextlib.contextmanager
def watched(on_layer: LayerHook, on_op: OpHook | None = None) -> Iterator[None]:
    """Every eager call of a layer goes through `on_layer(layer, args, kwargs, proceed)`; with the TensorFlow backend every operation is told to `on_op`.

    `tf.function`s run eagerly meanwhile. All that is patched is put back.
    """
    cls = keras.layers.Layer
    original = cls.__call__

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if _symbolic(args) or _symbolic(kwargs) or keras.src.backend.common.stateless_scope.in_stateless_scope():
            return original(layer, *args, **kwargs)
        return on_layer(layer, args, kwargs, lambda *a, **k: original(layer, *a, **k))

    with contextlib.ExitStack() as stack:
        if keras.backend.backend() == "tensorflow":
            stack.enter_context(eagerly())
            if on_op is not None:
                stack.enter_context(_operations(on_op))
        cls.__call__ = call
        try:
            yield
        finally:
            cls.__call__ = original


@contextlib.contextmanager
def eagerly() -> Iterator[None]:
    """`tf.function`s run as Python meanwhile: what they traced before keeps the variables of another precision."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


@contextlib.contextmanager
def _operations(on_op: OpHook) -> Iterator[None]:
    """TensorFlow's op callbacks: private, and the only place that sees raw operations as well as Keras'."""
    import tensorflow as tf
    from tensorflow.python.framework import op_callbacks

    busy = False

    def callback(op_type: str | bytes, inputs: Any, attrs: Any, outputs: Any, op_name: Any = None, graph: Any = None) -> None:
        nonlocal busy
        if busy or graph is not None or not all(hasattr(t, "_numpy") or hasattr(t, "numpy") for t in outputs if isinstance(t, tf.Tensor)):
            return
        busy = True
        try:
            on_op(op_type.decode() if isinstance(op_type, bytes) else op_type, list(inputs), list(outputs))  # some kernels tell their name as bytes
        finally:
            busy = False

    op_callbacks.add_op_callback(callback)
    try:
        yield
    finally:
        op_callbacks.remove_op_callback(callback)


def copied(layer: Any, changes: dict[str, Any], build: Callable[[Any], Any]) -> Any:
    """A layer of the same class and configuration with some of it changed, built by `build`; its weights are its own.

    Raises:
        Exception: whatever the class raises on such a configuration.
    """
    config = layer.get_config()
    unknown = [name for name in changes if name not in config]
    if unknown and any(changes[name] is not None for name in unknown):
        raise ValueError(f"{type(layer).__name__} has no {', '.join(unknown)}")
    wanted = {**config, **{name: value for name, value in changes.items() if name in config}}
    copy = type(layer).from_config({**wanted, "dtype": keras.config.dtype_policy().name, "name": f"{layer.name}_trial"})
    build(copy)
    return copy
