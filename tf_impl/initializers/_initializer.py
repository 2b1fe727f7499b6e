"""What every initializer twin shares: PyTorch's axes, its advancing generator, filling a variable in place."""

import inspect
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from tf_impl.typing import Tensor


class PyTorchInitializer(keras.initializers.Initializer):
    """A twin writes `sample`, in PyTorch's axes (out, in, *space), with `uniform` and `normal` for its draws.

    Args:
        seed: an integer, a `keras.random.SeedGenerator`, or nothing for Keras' global generator.
        layout: "kernel" if the shapes it is called with are those of Keras' kernels (*space, in, out), "weight" if they are PyTorch's.

    Differs from Keras, for all twins:
        A generator advances: two calls draw two arrays. A Keras initializer, seeded or not, draws the same array at every call, so that two layers of equal
        shape which share it begin equal.
    """

    def __init__(self, seed: Any = None, layout: str = "kernel") -> None:
        if layout not in ("kernel", "weight"):
            raise ValueError(f"`layout` must be 'kernel' (*space, in, out) or 'weight' (out, in, *space), got {layout!r}.")
        self.seed = keras.saving.deserialize_keras_object(seed) if isinstance(seed, dict) else seed
        self.layout = layout
        self._generator = keras.random.SeedGenerator(seed) if isinstance(seed, int) else self.seed

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Tensor:
        shape = tuple(shape)
        dtype = keras.backend.standardize_dtype(dtype or keras.config.floatx())
        precise = "float32" if dtype in ("float16", "bfloat16") else dtype
        if self.layout == "weight" or len(shape) < 2:
            return ops.cast(self.sample(shape, precise), dtype)
        *space, inputs, outputs = shape
        weight = self.sample((outputs, inputs, *space), precise)
        return ops.cast(ops.transpose(weight, (*range(2, len(shape)), 1, 0)), dtype)

    def sample(self, shape: tuple[int, ...], dtype: str) -> Tensor:
        """A weight in PyTorch's axes."""
        raise NotImplementedError

    def uniform(self, shape: tuple[int, ...], low: float, high: float, dtype: str) -> Tensor:
        return low + (high - low) * keras.random.uniform(shape, dtype=dtype, seed=self._generator)

    def normal(self, shape: tuple[int, ...], mean: float, std: float, dtype: str) -> Tensor:
        return mean + std * keras.random.normal(shape, dtype=dtype, seed=self._generator)

    def get_config(self) -> dict[str, Any]:
        words = [p.name for p in inspect.signature(type(self).__init__).parameters.values() if p.kind is not p.VAR_KEYWORD and p.name != "self"]
        seed = self.seed if self.seed is None or isinstance(self.seed, int) else keras.saving.serialize_keras_object(self.seed)
        return {word: getattr(self, word) for word in words} | {"seed": seed, "layout": self.layout}


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """How many inputs one output has, and how many outputs one input: the second axis and the first, times the kernel's positions.

    PyTorch counts so also where the axes are (in, out/groups, *space), in a transposed convolution: there its fan_in is the outputs' side.
    """
    if len(shape) < 2:
        raise ValueError(f"`tensor` must have at least 2 axes for its fans to be counted, got shape {tuple(shape)}.")
    outputs, inputs, *space = shape
    positions = 1
    for size in space:
        positions *= size
    return inputs * positions, outputs * positions


def fill(tensor: keras.Variable, initializer: PyTorchInitializer) -> keras.Variable:
    """Draws a variable anew and returns it. One whose name ends in "kernel" has Keras' axes, any other PyTorch's."""
    if not isinstance(tensor, keras.Variable):
        raise ValueError(f"`tensor` must be a keras.Variable, which can be filled in place, got {type(tensor).__name__}; call the initializer on a shape.")
    initializer.layout = "kernel" if tensor.name.endswith("kernel") else "weight"
    tensor.assign(initializer(tensor.shape, tensor.dtype))
    return tensor
