"""A standing fuzz of location: one layer's output of a right port is changed by some operation, and has to be found there or next to it."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import functools

import keras
import numpy as np
import pytest
from keras import ops

import parity
from benchmarks.faults import ports
from benchmarks.faults.weights import at

PORTS = {port.name: port for port in ports()}
FUZZED = ("cnn_sequential", "cnn_batchnorm", "resnet_subclassed", "mobilenet", "squeeze_excite", "transformer_encoder", "mixer", "vit_handwritten", "unet")


def one_element(x):
    index = tuple(0 for _ in x.shape)
    return x + ops.cast(ops.convert_to_tensor(np.eye(1, int(np.prod(x.shape[1:])), 0).reshape(1, *x.shape[1:])), x.dtype) * (1 + x[index])


OPERATIONS = {
    "scale": lambda x: 1.01 * x,
    "shift": lambda x: x + 0.01,
    "roll": lambda x: ops.roll(x, 1, -1),
    "flip": lambda x: ops.flip(x, -1),
    "abs": lambda x: ops.abs(x - 0.1),  # behind a ReLU, abs alone changes nothing
    "tanh": ops.tanh,
    "one element": one_element,
}


def drawn(count: int, seed: int = 0) -> list[tuple[str, str, str]]:
    """(port, torch path, operation), each port in turn."""
    rng = np.random.default_rng(seed)
    modules = {name: dict(PORTS[name].build_torch().named_modules()) for name in FUZZED}
    found = []
    for place in range(count):
        name = FUZZED[place % len(FUZZED)]
        paths = sorted(path for path, target in PORTS[name].layers.items() if isinstance(target, str) and path in modules[name])
        found.append((name, paths[rng.integers(len(paths))], list(OPERATIONS)[rng.integers(len(OPERATIONS))]))
    return sorted(set(found))


def perturbed(name: str, path: str, operation: str):
    """The builder of the Keras model in which a layer hands on something else."""
    port = PORTS[name]

    def build():
        model = port.build_keras()
        if not model.built:
            model(port.for_keras())
        layer = at(model, port.layers[path])
        right = layer.call

        @functools.wraps(right)
        def call(*arguments, **words):
            return OPERATIONS[operation](right(*arguments, **words))

        layer.call = call
        return model

    return build


def neighbours(name: str, path: str) -> set[str]:
    """The module itself, those that run before and after it, and whatever holds them."""
    import torch

    model, order = PORTS[name].build_torch(), []
    for where, module in model.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda *_, where=where: order.append(where))
    given = PORTS[name].inputs()
    with torch.no_grad():
        if isinstance(given, dict):
            model(**{key: torch.from_numpy(array) for key, array in given.items()})
        else:
            model(*(torch.from_numpy(array) for array in (given if isinstance(given, tuple) else (given,))))
    around = {path}
    for place in [place for place, where in enumerate(order) if where == path]:
        around |= set(order[max(0, place - 1) : place + 3])
    parents = {path.rsplit(".", depth)[0] for depth in range(1, path.count(".") + 1)}
    return around | parents | ({"", "output"} if order and order[-1] == path else set())


@pytest.mark.parametrize(("name", "path", "operation"), drawn(20))
def test_a_changed_output_is_found_where_it_is(name, path, operation):
    keras.utils.clear_session()
    port = PORTS[name]
    words = {key: value for key, value in port.arguments().items() if key in ("torch_model", "inputs", "weights", "keras_inputs")}
    report = parity.check(**words | {"keras_model": perturbed(name, path, operation)}, gradients=False)
    assert not report.ok, f"{operation} behind {path} was not seen"
    blamed = {finding.layer for finding in report.findings if finding.severity == "difference"}
    assert blamed & neighbours(name, path), f"{operation} behind {path}: blamed {sorted(blamed)}\n{report}"
    assert len(blamed) <= 2, f"{operation} behind {path}: blamed {sorted(blamed)}"
