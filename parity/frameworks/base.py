"""What the recording needs of a framework."""

from __future__ import annotations

import dataclasses
import importlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any, Protocol

import numpy as np

from parity.case import Layout
from parity.errors import CannotRunError
from parity.weights import Part

NOTHING: Mapping[str, Any] = MappingProxyType({})


class FrameworkError(CannotRunError):
    """A framework, device or backend is not there; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Slot:
    """One variable of a model with its canonical names: `part.to_torch(value)` gives one array a name."""

    variable: Any
    names: tuple[str, ...]
    part: Part
    trainable: bool
    layer: str = ""
    idle: bool = False  # counted but never read (num_batches_tracked beside a fixed momentum): a user's port need not have it

    def canonical(self, array: np.ndarray) -> dict[str, np.ndarray]:
        """Any array of the variable's shape (value, gradient, step, slot) under torch's names and layout."""
        return dict(zip(self.names, self.part.to_torch(array), strict=True))


@dataclass(frozen=True, eq=False)
class Backward:
    """One forward and backward pass: outputs, the objective, gradients in the order asked for (None: not connected)."""

    outputs: Any
    objective: Any
    input_gradients: list[Any]
    gradients: list[Any]


class Framework(Protocol):
    """An adapter. Tensors and models are opaque to the caller."""

    name: str

    def configure(self, device: str, threads: int | None = None) -> None:
        """Selects the device and sets the flags that matter, once a process. Raises FrameworkError when the device is not there."""

    def made(self) -> dict[str, Any]:
        """Versions, backend, device, threads and flags."""

    def precision(self, dtype: str) -> AbstractContextManager[None]:
        """Everything built and computed inside has this float type; the global state is restored after."""

    def seed(self, seed: int) -> None: ...

    def tensor(self, array: np.ndarray, layout: Layout = "same") -> Any:
        """Floats in the current precision, integers and bools as they are."""

    def array(self, tensor: Any, layout: Layout = "same") -> np.ndarray: ...

    def is_tensor(self, value: Any) -> bool: ...

    def parameter(self, array: np.ndarray, name: str) -> Any:
        """A trainable variable."""

    def is_model(self, value: Any) -> bool:
        """Has parameters and a training mode (not a plain function or a class without state)."""

    def call(self, model: Any, inputs: Sequence[Any], training: bool, arguments: Mapping[str, Any] = NOTHING) -> Any:
        """Calls on the inputs by position; `arguments` are further keywords, no tensors."""

    def call_mapping(self, model: Any, inputs: Mapping[str, Any], training: bool) -> Any:
        """Inputs by name: keywords in torch, one mapping in Keras."""

    def prepare(self, model: Any, inputs: Sequence[Any], arguments: Mapping[str, Any] = NOTHING) -> None:
        """Makes variables exist and leaves buffers as they were."""

    def cast(self, model: Any, dtype: str) -> AbstractContextManager[Any]:
        """A live model computing in `dtype` from its own weights; afterwards the model is as it was, bit for bit."""

    def slots(self, model: Any) -> list[Slot]: ...

    def read(self, variable: Any) -> np.ndarray:
        """A copy."""

    def assign(self, variable: Any, array: np.ndarray) -> None: ...

    def backward(
        self, function: Callable[..., Any], objective: Callable[[Any], Any], inputs: Sequence[Any], wrt: Sequence[int], variables: Sequence[Any]
    ) -> Backward:
        """Gradients of objective(function(*inputs)) for inputs[i], i in `wrt`, and for the variables."""

    def inner(self, tensor: Any, cotangent: Any) -> Any:
        """The sum of the products."""

    def optimizer(self, factory: Callable[..., Any], config: Mapping[str, Any], variables: Sequence[Any]) -> Any: ...

    def apply(self, optimizer: Any, gradients: Sequence[Any], variables: Sequence[Any]) -> None: ...

    def set_learning_rate(self, optimizer: Any, value: float) -> None: ...

    def state(self, optimizer: Any, variable: Any) -> dict[str, np.ndarray]:
        """The optimizer's slots of a variable under torch's state names."""

    def trainer(self, model: Any, loss: Callable[[Any, Any], Any], optimizer: Any, variables: Sequence[Any]) -> Callable[[Any, Any], tuple[float, float]]:
        """A training step of (inputs, labels) → (loss, accuracy), as fast as the framework does it without giving up float64.

        Right is the largest score where labels are whole numbers, an output within ½ of its target where they are not.
        """


def tf32_wanted() -> bool:
    """Whether a run may use TF32 (10 bits of mantissa) on the GPU: `PARITY_TF32=1`, off by default, because it would be read as a difference."""
    return os.environ.get("PARITY_TF32", "") not in ("", "0")


def find(root: str, target: str) -> Any:
    """The implementation of "module:name" below a root.

    Raises:
        FrameworkError: no such module or name.
    """
    module, _, name = target.partition(":")
    path = f"{root}.{module}"
    try:
        found = importlib.import_module(path)
    except ModuleNotFoundError as error:
        if error.name is not None and path.startswith(error.name):
            raise FrameworkError(f"{path} does not exist: write {path.replace('.', '/')}.py, or correct the case's target {target!r}.") from error
        raise
    if not hasattr(found, name):
        raise FrameworkError(f"{path} has no {name}; it has {', '.join(n for n, v in vars(found).items() if n[0] != '_' and not isinstance(v, ModuleType))}.")
    return getattr(found, name)


def flatten(value: Any, is_tensor: Callable[[Any], bool], name: str = "output") -> Iterator[tuple[str, Any]]:
    """Named leaves of what a model returned: tuples by index, mappings and dataclasses by key; None is left out.

    Raises:
        FrameworkError: a leaf is no tensor.
    """
    if is_tensor(value):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from flatten(item, is_tensor, str(key) if name == "output" else f"{name}.{key}")
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for spec in dataclasses.fields(value):
            yield from flatten(getattr(value, spec.name), is_tensor, spec.name if name == "output" else f"{name}.{spec.name}")
    elif isinstance(value, (tuple, list)):
        for i, item in enumerate(value):
            yield from flatten(item, is_tensor, f"{name}.{i}")
    elif value is not None:
        raise FrameworkError(f"{name} is a {type(value).__name__}, expected a tensor or a tuple, list, dict or dataclass of tensors.")


def moved_in(array: np.ndarray, layout: Layout) -> np.ndarray:
    """Torch's layout → the Keras side's."""
    return array if layout == "same" else np.moveaxis(array, 1 if layout == "channels_last" else 0, -1)


def moved_out(array: np.ndarray, layout: Layout) -> np.ndarray:
    """The Keras side's layout → torch's."""
    return array if layout == "same" else np.moveaxis(array, -1, 1 if layout == "channels_last" else 0)
