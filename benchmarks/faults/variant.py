"""How a right port in another style is declared: what it changes of a port of `ports`, or a pair of its own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Any

from benchmarks.faults import port_of
from benchmarks.faults.port import Port


def variant(of: ModuleType, name: str, about: str, build_keras: Callable[..., Any], **changes: Any) -> Port:
    """The same torch model and inputs, another Keras model; without its training unless `training=True`."""
    port = port_of(of)
    if not changes.pop("training", False):
        port = replace(port, loss=None, optimizer=None, targets=None)
    return replace(port, name=f"{port.name}/{name}", about=about, build_keras=build_keras, **changes)


def as_is(of: ModuleType, name: str, about: str, build_keras: Callable[..., Any], load: Callable[[Any, Any], None], **changes: Any) -> Port:
    """A Keras model that brings its weights, loaded rightly by hand."""

    def build() -> Any:
        model = build_keras()
        if not model.built:
            model(port_of(of).for_keras())
        load(of.build_torch(), model)
        return model

    return variant(of, name, about, build, weights="as-is", **{"layers": {}, **changes})


def pair(name: str, about: str, build_torch: Any, build_keras: Any, inputs: Any, layers: Mapping[str, Any], tolerance: float = 1e-12, **more: Any) -> Port:
    """Two models of its own."""
    return Port(name, build_torch, build_keras, inputs, layers, tolerance=tolerance, about=about, **more)
