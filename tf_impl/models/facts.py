"""What a network costs in Keras: its parameters, and the multiply-adds of one image, read off TensorFlow's graph."""

import importlib
import math
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import keras
import tensorflow as tf
from keras.src.backend.common import global_state

_BY_FILTER = {"Conv2D": 3, "DepthwiseConv2dNative": 2}  # axes of the filter that one output is a sum over
_BY_INNER_AXIS = {"MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"}


def network_facts(network: str, shape: Sequence[int], options: dict[str, Any] | None = None, method: str = "") -> dict[str, int]:
    """Of a network that is built without the values of its variables.

    Args:
        network: "module:name" below `tf_impl.models`, called with `options`.
        shape: of one image in PyTorch's layout, (C, H, W).
        method: what of the network is counted, all of it without.

    Differs from PyTorch:
        No counter comes with TensorFlow for Keras 3: the graph's convolutions, matrix products and einsums are counted. The numbers are PyTorch's.

    Source: TensorFlow's "Graphs and functions"; Keras' `StatelessScope`, in which variables get no values.
    """
    return _counted(network, tuple(shape), tuple((options or {}).items()), method)


@cache  # the same in float32 and float64
def _counted(network: str, shape: tuple[int, ...], options: tuple[tuple[str, Any], ...], method: str) -> dict[str, int]:
    module, _, name = network.partition(":")
    make = getattr(importlib.import_module(f"tf_impl.models.{module}"), name)
    channels, height, width = shape
    waiting = list(global_state.get_global_attribute("uninitialized_variables", []))
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = make(**dict(options))
            for variable in model.variables:
                variable._initializer = keras.initializers.Zeros()  # stands for its value in the graph
            image = tf.TensorSpec((1, height, width, channels), keras.config.floatx())
            graph = tf.function(lambda x: getattr(model, method)(x) if method else model(x, training=False)).get_concrete_function(image).graph
    finally:
        global_state.set_global_attribute("uninitialized_variables", waiting)  # else the next scope would fill gigabytes
    multiply_adds = sum(_multiply_adds(operation) for operation in graph.get_operations())
    return {"parameters": sum(math.prod(variable.shape) for variable in model.trainable_variables), "multiply_adds": multiply_adds}


def _multiply_adds(operation: tf.Operation) -> int:
    """Of one operation of a graph whose shapes are known."""
    if operation.type in _BY_FILTER:
        output = operation.outputs[0]
        for joined in (consumer for consumer in output.consumers() if consumer.type == "BatchToSpaceND"):  # how dilation is done, on an image filled up for it
            output = joined.outputs[0]
        return math.prod(output.shape) * math.prod(operation.inputs[1].shape[: _BY_FILTER[operation.type]])
    if operation.type == "Conv2DBackpropInput":  # a transposed convolution
        return math.prod(operation.inputs[2].shape) * math.prod(operation.inputs[1].shape[:3])
    if operation.type in _BY_INNER_AXIS:
        transposed = operation.get_attr("transpose_a" if operation.type == "MatMul" else "adj_x")
        return math.prod(operation.outputs[0].shape) * operation.inputs[0].shape[-2 if transposed else -1]
    return math.prod(dict(_axes(operation)).values()) if operation.type == "Einsum" else 0


def _axes(operation: tf.Operation) -> Iterator[tuple[str, int]]:
    equation = operation.get_attr("equation").decode()
    for letters, tensor in zip(equation.partition("->")[0].split(","), operation.inputs, strict=True):
        yield from zip(letters, tensor.shape, strict=True)
