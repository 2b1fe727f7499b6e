"""What a port, a fault in it and a right port in another style are: records, each with the arguments that `parity.check` takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

PHASES = ("eval", "grad", "train", "dropout", "loss", "step")
"""Where a fault shows first: outputs, gradients, training mode (outputs and buffers, dropout off), dropout itself, the loss, updates."""


def moved(array: np.ndarray, layout: str | None) -> np.ndarray:
    """Channels last; without a word of the port, that is every array of four axes."""
    if layout == "channels_last" or (layout is None and array.ndim == 4):
        return np.moveaxis(array, 1, -1)
    return array


@dataclass(frozen=True)
class Port:
    """A PyTorch model and the right Keras port of it, as two people would have written them."""

    name: str
    build_torch: Callable[[], Any]
    build_keras: Callable[..., Any]
    inputs: Callable[[], Any]
    layers: Mapping[str, Any]
    """{torch path: Keras path}; see `weights.links`. What this package copies weights by, not what `parity.check` is given."""
    targets: Callable[[], Any] | None = None
    loss: tuple[Callable[..., Any], Callable[[], Any]] | None = None
    """(torch's loss of output and target, builder of the Keras loss)"""
    optimizer: tuple[Callable[[Any], Any], Callable[[], Any]] | None = None
    """(optimizer of torch's parameters, builder of the Keras optimizer)"""
    layout: Mapping[str, str] | None = None
    """Axes of inputs for our own check where four axes do not say it; `parity.check` has to see for itself."""
    keras_inputs: Callable[[Any], Any] | None = None
    """From torch's inputs to what the Keras model takes, in its own layout."""
    mapping: Mapping[str, str] | None = None
    """{torch name: Keras path} that a user passes as `weights`, for what is not in layers of a known kind."""
    weights: str = "transfer"
    load: Callable[[Any, Any], None] | None = None
    """Our own carrying over of the weights where `layers` cannot say it: (torch model, built Keras model)."""
    about: str = ""
    tolerance: float = 1e-12
    """Of outputs and gradients in float64; above 1e-12 only where Keras keeps a constant in float32."""
    faults: tuple["Fault", ...] = ()

    def for_keras(self) -> Any:
        """The inputs as the Keras model takes them."""
        given = self.inputs()
        if self.keras_inputs is not None:
            return self.keras_inputs(given)
        if isinstance(given, Mapping):
            return {name: moved(array, self.layout and self.layout.get(name)) for name, array in given.items()}
        if isinstance(given, tuple):
            return tuple(moved(array, self.layout and self.layout.get(str(index))) for index, array in enumerate(given))
        return moved(given, self.layout and self.layout.get("input"))

    def arguments(self) -> dict[str, Any]:
        """Keywords of `parity.check`, without `known`; bare variables are named as their author would."""
        found: dict[str, Any] = {
            "torch_model": self.build_torch,
            "keras_model": self.build_keras,
            "inputs": self.inputs(),
            "weights": self.mapping if self.mapping is not None and self.weights == "transfer" else self.weights,
        }
        if self.mapping is not None and self.weights == "as-is":
            found["layers"] = self.mapping
        if self.targets is not None:
            found["targets"] = self.targets()
        if self.loss is not None:
            found["loss"] = (self.loss[0], self.loss[1]())
        if self.optimizer is not None:
            found["optimizer"] = self.optimizer
        if self.keras_inputs is not None:
            found["keras_inputs"] = self.keras_inputs(self.inputs())
        return found


@dataclass(frozen=True)
class Fault:
    """One mistake (or several together) in a port."""

    name: str
    layer: str | tuple[str, ...]
    """Torch path, or "input" | "output" | "loss" | "optimizer"; several where a fault between two layers may be told by either, the best first."""
    kind: str
    cause: str
    switches: Mapping[str, Any] = field(default_factory=dict)
    """Keywords of the port's `build_keras`."""
    seen: str = "eval"
    loss: Callable[[], Any] | None = None
    """Builder of another Keras loss."""
    optimizer: Callable[[], Any] | None = None
    """Builder of another Keras optimizer."""
    keras_inputs: Callable[[Any], Any] | None = None
    load: Callable[[Any, Any], None] | None = None
    """Loads the weights of the torch model into the Keras model, wrongly; the pair is then checked with weights as they are."""
    training: bool | None = None
    blind: bool = True
    """Written without sight of the trials that are to name it."""
    port: Port | None = None
    parts: tuple["Fault", ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """All that count as the right layer."""
        return (self.layer,) if isinstance(self.layer, str) else self.layer

    def planted(self) -> Port:
        """The port with the mistake in it."""
        port = self.port
        assert port is not None, f"{self.name} belongs to no port: take it from faults()"

        def build() -> Any:
            model = port.build_keras(**self.switches)
            if self.load is not None:
                if not model.built:
                    model(port.for_keras())
                self.load(port.build_torch(), model)
            return model

        changes: dict[str, Any] = {"build_keras": build, "faults": ()}
        if self.loss is not None:
            assert port.loss is not None
            changes["loss"] = (port.loss[0], self.loss)
        if self.optimizer is not None:
            assert port.optimizer is not None
            changes["optimizer"] = (port.optimizer[0], self.optimizer)
        if self.keras_inputs is not None:
            changes["keras_inputs"] = self.keras_inputs
        if self.load is not None:
            changes["weights"] = "as-is"
        return replace(port, **changes)

    def arguments(self) -> dict[str, Any]:
        """Keywords of `parity.check`."""
        found = self.planted().arguments()
        if self.training is not None:
            found["training"] = self.training
        return found
