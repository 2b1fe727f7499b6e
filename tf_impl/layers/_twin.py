"""What every layer twin shares: PyTorch's words in the configuration, shapes from the call itself, PyTorch's initial weights."""

import inspect
import math
from collections.abc import Callable

import keras
import numpy as np
from keras import ops

from tf_impl.typing import Tensor


class Twin(keras.layers.Layer):
    """A Keras layer built by PyTorch's arguments. Put it before the Keras class: `class Linear(Twin, keras.layers.Dense)`.

    Twins whose sizes are known build their variables at the end of `__init__`, because in PyTorch parameters exist after construction.
    """

    def __new__(cls, *args, **kwargs):
        layer = super().__new__(cls, *args, **kwargs)
        bound = inspect.signature(cls.__init__).bind(None, *args, **kwargs)
        bound.apply_defaults()
        words = dict(list(bound.arguments.items())[1:])  # without self
        object.__setattr__(layer, "_words", words | words.pop("kwargs", {}))
        return layer

    def get_config(self) -> dict:
        return {**self._words, **keras.layers.Layer.get_config(self)}

    def compute_output_spec(self, *args, **kwargs):
        return keras.Operation.compute_output_spec(self, *args, **kwargs)  # traces `call`: the only place that knows the shape

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        if not self.built:  # Keras' own `build` asks, to check its arguments: the variables that `call` needs are not there yet
            return super().compute_output_shape(input_shape)
        return self.compute_output_spec(keras.KerasTensor(input_shape, dtype=self.compute_dtype)).shape


def widened(x: Tensor) -> Tensor:
    """In float32 if it is half precision, which has no digits for a variance. (`keras.backend.result_type` would narrow float64 on JAX and torch.)"""
    return ops.cast(x, "float32") if keras.backend.standardize_dtype(x.dtype) in ("float16", "bfloat16") else x


def spread(value: int | tuple[int, ...], rank: int, name: str, least: int | None = None) -> tuple[int, ...]:
    """One number for every spatial axis, or a tuple that has one each."""
    numbers = (value,) * rank if isinstance(value, int) else tuple(value)
    if len(numbers) != rank or any(isinstance(number, bool) or not isinstance(number, int) for number in numbers):
        raise ValueError(f"{name} must be an integer or {rank} of them, got {value!r}")
    if least is not None and min(numbers) < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}")
    return numbers


def check_channels(layer: keras.layers.Layer, inputs: Tensor, argument: str, channels: int) -> None:
    """Refuse an input whose last axis is not the channels the layer was built for."""
    if len(inputs.shape) == 0 or inputs.shape[-1] != channels:
        first = len(inputs.shape) > 2 and inputs.shape[1] == channels
        hint = ": the input looks channels first, the twin takes channels last" if first else ""
        raise ValueError(f"{type(layer).__name__} was built with {argument}={channels} but the input of shape {tuple(inputs.shape)} does not end in that{hint}")


def batched(function: Callable[[Tensor], Tensor], inputs: Tensor, rank: int, name: str) -> Tensor:
    """`function` on (N, *space, C); an input without a batch axis gets one for the call, as in PyTorch."""
    if len(inputs.shape) == rank + 2:
        return function(inputs)
    if len(inputs.shape) != rank + 1:
        raise ValueError(
            f"{name} expects {rank + 2} axes (batch, {rank} of space, channels) or {rank + 1} (unbatched), got an input of shape {tuple(inputs.shape)}"
        )
    outputs = function(ops.expand_dims(inputs, 0))
    return tuple(ops.squeeze(output, 0) for output in outputs) if isinstance(outputs, tuple) else ops.squeeze(outputs, 0)


def known(tensor: Tensor) -> np.ndarray | None:
    """The values, which inside a compiled function are not there yet."""
    try:
        return ops.convert_to_numpy(tensor)
    except Exception:  # every backend says so in its own way
        return None


def one_more(batch: Tensor) -> Tensor:
    """With an example of zeros behind the others: where a kernel cannot do without any, and what comes of it is cut off again."""
    return ops.pad(batch, [(0, 1)] + [(0, 0)] * (len(batch.shape) - 1))


def check_range(indices: Tensor, size: int, name: str) -> None:
    """Refuse an index outside 0 … size − 1, if its value is known."""
    seen = known(indices)
    if seen is not None and seen.size and not 0 <= seen.min() <= seen.max() < size:
        raise ValueError(f"{name} takes indices from 0 to {size - 1}, got {seen.min()} … {seen.max()}")


def initial_weights(fan_in: int) -> dict[str, keras.initializers.Initializer]:
    """PyTorch's default for Linear and Conv: weight and bias uniform in ±1/√fan_in. Keras': Glorot and zeros."""
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    return {"kernel_initializer": keras.initializers.RandomUniform(-bound, bound), "bias_initializer": keras.initializers.RandomUniform(-bound, bound)}
