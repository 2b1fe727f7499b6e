"""What PyTorch calls a Keras variable, and how its axes lie there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

_WORDS = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var", "embeddings": "weight", "scale": "weight",
          "alpha": "weight"}  # fmt: skip
_KINDS = {
    "Dense": {"kernel": "weight"},
    "BaseConv": {"kernel": "weight"},
    "BaseConvTranspose": {"kernel": "weight"},
    "BaseDepthwiseConv": {"kernel": "weight"},
    "BatchNormalization": _WORDS,
    "LayerNormalization": _WORDS,
    "GroupNormalization": _WORDS,
    "RMSNormalization": _WORDS,
    "Embedding": _WORDS,
    "PReLU": _WORDS,
    "SimpleRNNCell": {"kernel": "weight_ih", "recurrent_kernel": "weight_hh", "bias": "bias_ih"},
    "LSTMCell": {"kernel": "weight_ih", "recurrent_kernel": "weight_hh", "bias": "bias_ih"},
    "GRUCell": {"kernel": "weight_ih", "recurrent_kernel": "weight_hh", "bias": "bias_ih"},
}


@dataclass(frozen=True, eq=False)
class Tensor:
    """A Keras variable under PyTorch's names. A GRU's two biases are one variable here, so there may be two names."""

    names: tuple[str, ...]
    variable: keras.Variable
    kind: str

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(part.shape for part in self.to_torch(np.empty(tuple(self.variable.shape), np.bool_)))

    def to_torch(self, value: np.ndarray) -> list[np.ndarray]:
        """In PyTorch's order of axes; one array a name."""
        if self.kind == "GRUCell":
            value = _swap_gates(value)
        if len(self.names) == 2:
            return [value[0], value[1]]
        if self.variable.name in ("kernel", "recurrent_kernel") and self.kind:
            if self.kind == "BaseDepthwiseConv":
                return [np.moveaxis(value, (-2, -1), (0, 1)).reshape(-1, 1, *value.shape[:-2])]
            return [np.moveaxis(value, (-1, -2), (0, 1))]
        return [value]

    def to_keras(self, parts: list[np.ndarray]) -> np.ndarray:
        """The inverse."""
        value = np.stack(parts) if len(parts) == 2 else parts[0]
        if self.variable.name in ("kernel", "recurrent_kernel") and self.kind:
            if self.kind == "BaseDepthwiseConv":
                value = np.moveaxis(value.reshape(*self.variable.shape[-2:], *value.shape[2:]), (0, 1), (-2, -1))
            else:
                value = np.moveaxis(value, (0, 1), (-1, -2))
        return _swap_gates(value) if self.kind == "GRUCell" else value


def tensors(model: keras.layers.Layer) -> list[Tensor]:
    """Every variable of a model, in PyTorch's order: own ones first, then the children in the order of their attributes.

    Raises:
        ValueError: the model has no variables yet because it was never called.
    """
    if not all(layer.built for layer in model._flatten_layers()):
        raise ValueError(f"{type(model).__name__} is not built: its variables do not exist yet. Call it once on an input of the right shape.")
    return list(_walk(model, [], set()))


def _walk(layer: Any, path: list[str], seen: set[int]) -> Iterator[Tensor]:
    if id(layer) in seen:
        return
    seen.add(id(layer))
    kind = next((cls.__name__ for cls in type(layer).__mro__ if cls.__name__ in _KINDS), "")
    for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:
        name = _KINDS.get(kind, {}).get(variable.name, variable.name)
        names = ("bias_ih", "bias_hh") if kind == "GRUCell" and variable.name == "bias" and len(variable.shape) == 2 else (name,)
        yield Tensor(tuple(_qualified(path, part, kind) for part in names), variable, kind)
    for name, child in _children(layer):
        yield from _walk(child, [*path, *name.split(".")] if name else path, seen)


def _qualified(path: list[str], name: str, kind: str) -> str:
    """A stacked recurrence keeps its layers' weights itself: `rnn.weight_ih_l0_reverse`, not `rnn.l0_reverse.weight_ih`."""
    last = path[-1].removesuffix("_reverse") if path else ""
    if kind.endswith("Cell") and last[:1] == "l" and last[1:].isdigit():
        return ".".join([*path[:-1], f"{name}_{path[-1]}"])
    return ".".join([*path, name])


def _children(layer: Any) -> Iterator[tuple[str, Any]]:
    """Sublayers under their attributes' names; containers say their own."""
    if "named_children" in {name for cls in type(layer).__mro__ if not cls.__module__.startswith("torch.") for name in vars(cls)}:
        yield from layer.named_children()
        return
    found: dict[int, str] = {}
    for name, value in {**vars(layer), **getattr(layer, "_modules", {})}.items():  # on the torch backend a layer keeps its children in `_modules`
        if not name.startswith("_"):
            for label, child in _layers(name, value):
                found.setdefault(id(child), label)
    for child in layer._layers:
        if not isinstance(child, keras.layers.InputLayer):
            yield found.get(id(child), child.name), child


def _layers(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, keras.layers.Layer):
        yield name, value
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from _layers(f"{name}.{i}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _layers(f"{name}.{key}", item)


def _swap_gates(value: np.ndarray) -> np.ndarray:
    """Keras keeps a GRU's gates as z, r, h along the last axis, PyTorch as r, z, n: the first two change places."""
    z, r, h = np.split(value, 3, axis=-1)
    return np.concatenate([r, z, h], axis=-1)
