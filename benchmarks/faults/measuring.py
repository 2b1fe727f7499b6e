"""Both sides of a pair in float64, without the tool that is judged here: what each phase gives, and how far they are apart."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import torch

from benchmarks.faults.port import Port
from benchmarks.faults.weights import copy_weights, links

STEPS = 3
UPDATES = 3e-7
"""Of a step, to its largest element: Keras' optimizers round their constants to float32."""
Arrays = dict[str, np.ndarray]


@contextmanager
def doubles() -> Iterator[None]:
    """Keras in float64."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def wide(tree: Any, convert: Any, dtype: str = "float64") -> Any:
    """Arrays to tensors, floats in float64."""
    if isinstance(tree, Mapping):
        return {name: wide(array, convert, dtype) for name, array in tree.items()}
    if isinstance(tree, (tuple, list)):
        return tuple(wide(array, convert, dtype) for array in tree)
    return convert(tree.astype(dtype) if tree.dtype.kind == "f" else tree)


def leaves(tree: Any) -> list[Any]:
    """Tensors of a dict, tuple or dataclass, dicts in the order of their names."""
    if isinstance(tree, Mapping):
        return [leaf for name in sorted(tree) for leaf in leaves(tree[name])]
    if isinstance(tree, (tuple, list)):
        return [leaf for part in tree for leaf in leaves(part)]
    return [tree]


def channels_first(array: np.ndarray, like: tuple[int, ...]) -> np.ndarray:
    """A Keras output as torch has it, if that is what the shapes say."""
    if array.ndim == len(like) > 2 and array.shape != like and np.moveaxis(array, -1, 1).shape == like:
        return np.moveaxis(array, -1, 1)
    return array


class Torch:
    """The torch side of a port, each phase run once."""

    def __init__(self, port: Port):
        self.port, self.model = port, port.build_torch().double()
        self.state = {name: tensor.detach().numpy().copy() for name, tensor in self.model.state_dict().items()}
        for module in self.model.modules():
            if isinstance(module, torch.nn.modules.dropout._DropoutNd):
                module.p = 0.0
            elif hasattr(module, "dropout") and isinstance(module.dropout, float):
                module.dropout = 0.0
        self.seen: dict[str, Arrays] = {}

    def phase(self, name: str) -> Arrays:
        if name not in self.seen:
            self.model.load_state_dict({key: torch.from_numpy(array.copy()) for key, array in self.state.items()})
            self.model.zero_grad()
            self.seen[name] = getattr(self, name)()
        return self.seen[name]

    def call(self, gradients: bool = False) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        given = wide(self.port.inputs(), torch.from_numpy)
        floats = [tensor for tensor in leaves(given) if tensor.is_floating_point()]
        if gradients:
            for tensor in floats:
                tensor.requires_grad_()
        found = self.model(**given) if isinstance(given, Mapping) else self.model(*given) if isinstance(given, tuple) else self.model(given)
        return found, floats

    def eval(self) -> Arrays:
        self.model.eval()
        with torch.no_grad():
            return {f"output {index}": tensor.numpy() for index, tensor in enumerate(leaves(self.call()[0]))}

    def grad(self) -> Arrays:
        self.model.eval()
        outputs, floats = self.call(gradients=True)
        floating = [(index, tensor) for index, tensor in enumerate(leaves(outputs)) if tensor.is_floating_point()]
        sum((tensor * torch.from_numpy(cotangent(index, tuple(tensor.shape)))).sum() for index, tensor in floating).backward()
        found = {f"input {index}": tensor.grad.numpy() for index, tensor in enumerate(floats)}
        return found | {name: parameter.grad.numpy() for name, parameter in self.model.named_parameters() if parameter.grad is not None}

    def train(self) -> Arrays:
        self.model.train()
        with torch.no_grad():
            outputs = {f"output {index}": tensor.numpy() for index, tensor in enumerate(leaves(self.call()[0]))}
        return outputs | {name: buffer.numpy().copy() for name, buffer in self.model.named_buffers()}

    def loss_value(self) -> torch.Tensor:
        targets = wide(self.port.targets(), torch.from_numpy)
        return self.port.loss[0](self.call()[0], targets)

    def loss(self) -> Arrays:
        self.model.train()
        value = self.loss_value()
        value.backward()
        return {"loss": value.detach().numpy()} | {name: p.grad.numpy() for name, p in self.model.named_parameters() if p.grad is not None}

    def step(self) -> Arrays:
        self.model.train()
        optimizer = self.port.optimizer[0](self.model.parameters())
        for _ in range(STEPS):
            optimizer.zero_grad()
            self.loss_value().backward()
            optimizer.step()
        return {name: tensor.numpy().copy() for name, tensor in self.model.state_dict().items()}


def cotangent(index: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(100 + index).standard_normal(shape)


class Keras:
    """The Keras side, built and with torch's weights (unless it loads its own). Call inside `doubles()`."""

    def __init__(self, port: Port, reference: Torch):
        self.port, self.reference, self.model = port, reference, port.build_keras()
        self.inputs = wide(port.for_keras(), keras.ops.convert_to_tensor)
        self.call(training=False)
        if port.load is not None:
            port.load(reference.model, self.model)
        elif port.weights == "transfer":
            copy_weights(reference.model, self.model, port.layers, lambda _: reference.state)
        self.start = [variable.numpy() for variable in self.model.variables]

    def call(self, training: bool) -> Any:
        return self.model(self.inputs, training=training)

    def phase(self, name: str) -> Arrays:
        for variable, array in zip(self.model.variables, self.start, strict=True):
            variable.assign(array)
        rates = {}
        for layer in self.model._flatten_layers():
            for attribute in ("rate", "dropout", "_dropout"):
                if isinstance(getattr(layer, attribute, None), float) and not isinstance(getattr(type(layer), attribute, None), property):
                    rates[layer, attribute] = getattr(layer, attribute)
                    setattr(layer, attribute, 0.0)
        try:
            return getattr(self, name)()
        finally:
            for (layer, attribute), rate in rates.items():
                setattr(layer, attribute, rate)

    def outputs(self, outputs: Any, phase: str = "eval") -> Arrays:
        expected = list(self.reference.phase(phase).values())
        found = [tensor.numpy() for tensor in leaves(outputs)]
        return {f"output {index}": channels_first(array, expected[index].shape) for index, array in enumerate(found)}

    def start_of(self, variable: Any) -> np.ndarray:
        return next(array for held, array in zip(self.model.variables, self.start, strict=True) if held is variable)

    def links(self) -> list[Any]:
        return list(links(self.reference.model, self.model, self.port.layers))

    def eval(self) -> Arrays:
        return self.outputs(self.call(training=False))

    def gradients(self, tape: tf.GradientTape, value: Any) -> Arrays:
        """By Keras variable, named by the torch parameters that it holds."""
        trained = self.model.trainable_variables
        found = tape.gradient(value, [variable.value for variable in trained])
        by_id = {id(variable): gradient for variable, gradient in zip(trained, found, strict=True)}
        out = {}
        for index, link in enumerate(self.links()):
            gradient = by_id.get(id(link.variable))
            if gradient is not None:
                out[f"{index} {' '.join(link.names)}"] = tf.convert_to_tensor(gradient).numpy()
        return out

    def grad(self) -> Arrays:
        floats = [tensor for tensor in leaves(self.inputs) if tensor.dtype.is_floating]
        with tf.GradientTape(persistent=True) as tape:
            for tensor in floats:
                tape.watch(tensor)
            expected = [array.shape for array in self.reference.phase("eval").values()]
            floating = [(i, tensor) for i, tensor in enumerate(leaves(self.call(training=False))) if tensor.dtype.is_floating]
            value = tf.add_n([tf.reduce_sum(tensor * like_keras(cotangent(i, expected[i]), tensor.shape)) for i, tensor in floating])
        shapes = [array.shape for name, array in self.reference.phase("grad").items() if name.startswith("input ")]
        found = [None if g is None else tf.convert_to_tensor(g).numpy() for g in tape.gradient(value, floats)]
        inputs = {f"input {i}": channels_first(gradient, shapes[i]) for i, gradient in enumerate(found) if gradient is not None}
        return inputs | self.gradients(tape, value)

    def train(self) -> Arrays:
        outputs = self.outputs(self.call(training=True), "train")
        return outputs | self.weights()

    def weights(self) -> Arrays:
        return {f"{index} {' '.join(link.names)}": link.variable.numpy() for index, link in enumerate(self.links())}

    def dropout(self) -> Arrays:
        raise NotImplementedError("random: see the rates")

    def loss_value(self) -> tf.Tensor:
        loss, targets = self.port.loss[1](), wide(self.port.targets(), keras.ops.convert_to_tensor)
        outputs = self.call(training=True)
        of_keras = getattr(loss, "__module__", type(loss).__module__).startswith("keras") or isinstance(loss, keras.losses.Loss)
        return loss(targets, outputs) if of_keras else loss(outputs, targets)

    def loss(self) -> Arrays:
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(self.loss_value())
        return {"loss": value.numpy()} | self.gradients(tape, value)

    def step(self) -> Arrays:
        optimizer, trained = self.port.optimizer[1](), self.model.trainable_variables
        for _ in range(STEPS):
            with tf.GradientTape() as tape:
                value = tf.reduce_sum(self.loss_value())
            optimizer.apply(tape.gradient(value, [variable.value for variable in trained]), trained)
        return self.weights()


def like_keras(array: np.ndarray, shape: Any) -> np.ndarray:
    return np.moveaxis(array, 1, -1) if tuple(shape) != array.shape and array.ndim > 2 else array


def relative(expected: np.ndarray, actual: np.ndarray) -> float:
    """Of steps: to the largest, however small that is."""
    largest = np.abs(expected).max(initial=0)
    return float(np.abs(expected - actual).max(initial=0) / largest) if largest else float(np.abs(actual).max(initial=0))


def distance(expected: np.ndarray, actual: np.ndarray) -> float:
    if expected.shape != actual.shape:
        return float("inf")
    if not np.array_equal(np.isfinite(expected), np.isfinite(actual)):
        return float("inf")
    finite = np.isfinite(expected)
    return float(np.abs(expected - actual)[finite].max(initial=0) / max(1.0, np.abs(expected[finite]).max(initial=0)))


def apart(reference: Torch, actual: Keras, phase: str) -> dict[str, float]:
    """How far each array of a phase is from torch's, relative to its largest (or to 1); infinite where one side lacks it."""
    expected = reference.phase(phase)
    found = actual.phase(phase)
    out, held = {}, set()
    for index, link in enumerate(actual.links()):
        name = f"{index} {' '.join(link.names)}"
        held |= set(link.names)
        wanted = link.value(expected, gradients=phase in ("grad", "loss")) if all_there(link, expected) else None
        if name in found and wanted is not None:
            start = actual.start_of(link.variable)
            out[name] = relative(wanted - start, found[name] - start) if phase == "step" else distance(wanted, found[name])
        elif (name in found) != (wanted is not None) and phase != "train":
            out[name] = float("inf") if wanted is None or np.abs(wanted).max() > 0 else 0.0
    for name, array in expected.items():
        if name.startswith(("output ", "input ")) or name == "loss":
            out[name] = distance(array, found[name]) if name in found else float("inf")
    return out


def all_there(link: Any, arrays: Arrays) -> bool:
    """The module's own names include those a variable does not use (statistics among parameters): asking is how to know."""
    try:
        return link.value(arrays, gradients=True) is not None
    except KeyError:
        return False


def phases(port: Port) -> tuple[str, ...]:
    return ("eval", "grad", *(("train", "loss") if port.loss else ()), *(("step",) if port.optimizer else ()))


def allowed(port: Port, phase: str) -> float:
    """What a right port may be apart; a fault has to be further."""
    if phase == "step":  # Adam divides what a rounded constant did to a small gradient by that gradient
        return UPDATES if port.tolerance <= 1e-12 else 1e-5
    return port.tolerance
