"""Containers of layers with PyTorch's names: "0", "1", … or the keys of a dictionary."""

from collections.abc import Iterable, Iterator, Mapping

import keras
from jaxtyping import Shaped

from tf_impl.typing import Tensor


class _Container(keras.layers.Layer):
    """Children are attributes under their names, so that Keras saves them as `2/kernel` and PyTorch's `2.weight` is easy to find."""

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *getattr(self, "_names", ())]  # Keras saves what it lists; on its torch backend names that start with a digit are hidden

    def _fill(self, modules: Iterable[tuple[str, keras.layers.Layer]]) -> None:
        self._names = []
        for name, module in modules:
            self.add_module(name, module)

    def add_module(self, name: str, module: keras.layers.Layer) -> None:
        """Adds a layer at the end under a name, or replaces the one that has it."""
        if not isinstance(module, keras.layers.Layer):
            raise ValueError(f"{type(self).__name__} holds layers, got {module!r} under the name {name!r}")
        if not isinstance(name, str) or not name or "." in name or (name not in self._names and hasattr(self, name)):
            raise ValueError(f"a layer's name must be a non-empty string without a dot that {type(self).__name__} does not use itself, got {name!r}")
        if name not in self._names:
            self._names.append(name)
        setattr(self, name, module)

    def named_children(self) -> Iterator[tuple[str, keras.layers.Layer]]:
        """(name, layer), in order."""
        return ((name, getattr(self, name)) for name in self._names)

    def __len__(self) -> int:
        return len(self._names)

    def get_config(self) -> dict:
        modules = {name: keras.saving.serialize_keras_object(module) for name, module in self.named_children()}
        return {"modules": modules, **keras.layers.Layer.get_config(self)}

    @classmethod
    def from_config(cls, config: dict):
        config = dict(config)
        modules = {name: keras.saving.deserialize_keras_object(module) for name, module in config.pop("modules").items()}
        return cls(modules, **config)


class _Listed(_Container):
    def __iter__(self) -> Iterator[keras.layers.Layer]:
        return (module for _, module in self.named_children())

    def __getitem__(self, index: int | slice) -> keras.layers.Layer:
        if isinstance(index, slice):
            return type(self)({name: getattr(self, name) for name in self._names[index]})
        return getattr(self, self._names[index])

    def append(self, module: keras.layers.Layer):
        """Adds a layer at the end, under its number."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self, modules: Iterable[keras.layers.Layer]):
        """Adds layers at the end, under their numbers."""
        for module in modules:
            self.append(module)
        return self


@keras.saving.register_keras_serializable(package="tf_impl")
class Sequential(_Listed, keras.Model):
    """Layers applied one after the other: `Sequential(a, b)` names them "0" and "1", `Sequential({"conv": a, "relu": b})` as its keys say.

    Shapes:
        input: the first layer's; output: the last one's.

    Raises:
        ValueError: something that is no layer, or a name with a dot, empty, or in use.

    Differs from PyTorch:
        `keras.Sequential([a, b])` takes a list and names the layers after their classes (`dense_7`), with a number that depends on what was built before.

    Source: the notes, "Sequential" and "OrderedDict".
    """

    def __init__(self, *modules, **kwargs) -> None:
        super().__init__(**kwargs)
        self._fill(_named(modules[0] if len(modules) == 1 and isinstance(modules[0], Mapping) else modules))

    def call(self, inputs: Shaped[Tensor, "..."], training: bool | None = None) -> Shaped[Tensor, "..."]:
        for module in self:  # `training` reaches every layer through Keras' call context
            inputs = module(inputs)
        return inputs


@keras.saving.register_keras_serializable(package="tf_impl")
class ModuleList(_Listed):
    """A list whose layers are found: their variables belong to the model that holds it. It is not called itself.

    Shapes:
        those of its layers.

    Differs from PyTorch:
        A plain Python list does it too in Keras; in PyTorch its parameters would be missing from the optimizer, silently.

    Source: PyTorch's documentation, "ModuleList".
    """

    def __init__(self, modules: Iterable[keras.layers.Layer] | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self._fill(_named(modules or ()))
        self.built = True  # it is not called


@keras.saving.register_keras_serializable(package="tf_impl")
class ModuleDict(_Container):
    """A dictionary whose layers are found, see `ModuleList`.

    Shapes:
        those of its layers.

    Differs from PyTorch: as `ModuleList`.

    Source: PyTorch's documentation, "ModuleDict".
    """

    def __init__(self, modules: Mapping[str, keras.layers.Layer] | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self._fill(_named(modules or {}))
        self.built = True  # it is not called

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def __getitem__(self, name: str) -> keras.layers.Layer:
        if name not in self._names:
            raise KeyError(name)
        return getattr(self, name)

    def __setitem__(self, name: str, module: keras.layers.Layer) -> None:
        self.add_module(name, module)

    def keys(self) -> list[str]:
        """The names, in order."""
        return list(self._names)

    def values(self) -> list[keras.layers.Layer]:
        """The layers, in order."""
        return [module for _, module in self.named_children()]

    def items(self) -> list[tuple[str, keras.layers.Layer]]:
        """(name, layer), in order."""
        return list(self.named_children())


def _named(modules: Mapping[str, keras.layers.Layer] | Iterable[keras.layers.Layer]) -> Iterable[tuple[str, keras.layers.Layer]]:
    return modules.items() if isinstance(modules, Mapping) else ((str(i), module) for i, module in enumerate(modules))
