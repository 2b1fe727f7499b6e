"""What RNN, LSTM and GRU share: cells with PyTorch's two biases, stacked in layers and directions around Keras' own loop over time."""

import contextlib
import warnings
from collections.abc import Iterator, Sequence

import keras
from jaxtyping import Bool, Float, Integer
from keras import ops

from tf_impl.layers._twin import Twin, known
from tf_impl.typing import Tensor


def uniform(hidden_size: int) -> keras.initializers.Initializer:
    """PyTorch's start for every recurrent weight and bias. A new one for each variable: Keras' initializers repeat themselves."""
    return keras.initializers.RandomUniform(-(hidden_size**-0.5), hidden_size**-0.5)


class TwoBiases(keras.layers.Layer):
    """Put before Keras' SimpleRNNCell or LSTMCell, which have one bias: the sum of PyTorch's two. Both are trained, so the sum learns twice as fast."""

    gates = 1

    def build(self, input_shape: Sequence[int | None]) -> None:
        if self.built:
            return
        width = self.gates * self.units
        for name, shape in {"kernel": (input_shape[-1], width), "recurrent_kernel": (self.output_size, width)}.items():
            setattr(self, name, self.add_weight(shape=shape, initializer=uniform(self.units), name=name))
        if self.use_bias:
            self.bias_ih = self.add_weight(shape=(width,), initializer=uniform(self.units), name="bias_ih")
            self.bias_hh = self.add_weight(shape=(width,), initializer=uniform(self.units), name="bias_hh")
        self._sum = None
        self.built = True

    @property
    def bias(self) -> Tensor | None:
        if not self.use_bias:
            return None
        return self.bias_ih + self.bias_hh if self._sum is None else self._sum

    @contextlib.contextmanager
    def biases_summed(self) -> Iterator[None]:
        """For a loop over time, so that it does not add them at every step."""
        self._sum = self.bias
        try:
            yield
        finally:
            self._sum = None


class Loop(keras.layers.RNN):
    """Keras' loop over time: whole sequences and the final states, backwards ones in the order of the input, zeros where the mask is False."""

    def __init__(self, cell: keras.layers.Layer, go_backwards: bool, **kwargs) -> None:
        keras.layers.RNN.__init__(self, cell, return_sequences=True, return_state=True, go_backwards=go_backwards, zero_output_for_mask=True, **kwargs)

    def inner_loop(self, *args, **kwargs) -> tuple[Tensor, Tensor, list[Tensor]]:
        with self.cell.biases_summed() if hasattr(self.cell, "biases_summed") else contextlib.nullcontext():
            last, outputs, states = super().inner_loop(*args, **kwargs)
        return last, ops.flip(outputs, axis=1) if self.go_backwards else outputs, states


class Recurrent(Twin):
    """Layers, directions, states and shapes around `cell` (one layer and direction) and its `loop`."""

    states = 1  # h; LSTM: h and c

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int, bias: bool, batch_first: bool, dropout: float, bidirectional: bool, **kwargs
    ) -> None:
        super().__init__(**kwargs)
        for name, value in {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}.items():
            if value <= 0:
                raise ValueError(f"{name} must be greater than zero, got {value}")
        for name, flag in {"bias": bias, "batch_first": batch_first}.items():
            if not isinstance(flag, bool):
                raise ValueError(f"{name} must be True or False, got {flag!r}")
        if not 0 <= dropout <= 1:
            raise ValueError(f"dropout must be a probability, from 0 to 1, got {dropout}")
        if dropout and num_layers == 1:
            warnings.warn(f"dropout acts between layers: dropout={dropout} does nothing with num_layers=1", stacklevel=3)
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.bidirectional = bias, batch_first, bidirectional
        self.dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy) if dropout and num_layers > 1 else None
        self._loops = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse")[: 1 + bidirectional]:
                cell = self.cell(name=f"l{layer}{suffix}", dtype=self.dtype_policy)
                setattr(self, cell.name, cell)  # the end of the parameters' names: weight_ih_l0_reverse
                cell.build((None, cell.output_size * (1 + bidirectional) if layer else input_size))
                loop = self.loop(cell, go_backwards=bool(suffix), name=f"{cell.name}_loop", dtype=self.dtype_policy)
                loop.built = True
                self._loops.append(loop)
        self.sizes = [cell.state_size] if isinstance(cell.state_size, int) else list(cell.state_size)
        self.supports_masking = True  # the mask goes on with the output, as PyTorch's lengths stay with a packed sequence
        self.built = True

    def cell(self, **kwargs) -> keras.layers.Layer:
        raise NotImplementedError

    def loop(self, cell: keras.layers.Layer, **kwargs) -> Loop:
        return Loop(cell, **kwargs)

    def call(
        self,
        input: Float[Tensor, "*tn i"],
        hx: Tensor | tuple[Tensor, ...] | None = None,
        mask: Bool[Tensor, "*tn"] | None = None,
        training: bool | None = None,
    ) -> tuple:
        if len(input.shape) not in (2, 3) or input.shape[-1] != self.input_size:
            raise ValueError(f"input must have 2 or 3 axes, the last of input_size={self.input_size}, got the shape {tuple(input.shape)}")
        unbatched = len(input.shape) == 2
        batch_major = self.batch_first or unbatched
        x = ops.expand_dims(input, 0) if unbatched else input if batch_major else ops.swapaxes(input, 0, 1)
        if mask is not None:
            mask = ops.expand_dims(mask, 0) if unbatched else mask if batch_major else ops.swapaxes(mask, 0, 1)
        starts = self._starts(hx, x, unbatched)
        finals = []
        for layer in range(self.num_layers):
            if layer and self.dropout is not None:
                x = self.dropout(x, training=bool(training))
            outputs = []
            for loop in self._directions(layer):
                sequence, *states = loop(x, initial_state=None if starts is None else starts[len(finals)], mask=mask, training=bool(training))
                outputs.append(sequence)
                finals.append(states)
            x = outputs[0] if len(outputs) == 1 else ops.concatenate(outputs, axis=-1)
        stacked = tuple(ops.stack(states) for states in zip(*finals, strict=True))
        if unbatched:
            x, stacked = ops.squeeze(x, 0), tuple(ops.squeeze(state, 1) for state in stacked)
        return x if batch_major else ops.swapaxes(x, 0, 1), stacked if self.states > 1 else stacked[0]

    def _directions(self, layer: int) -> list[Loop]:
        return self._loops[layer * (1 + self.bidirectional) :][: 1 + self.bidirectional]

    def _starts(self, hx: Tensor | tuple[Tensor, ...] | None, x: Tensor, unbatched: bool) -> list[list[Tensor]] | None:
        """`hx` as the states of each loop, in the order of the loops."""
        if hx is None:
            return None
        hx = (hx,) if self.states == 1 else tuple(hx)
        for state, size in zip(hx, self.sizes, strict=True):
            expected = (len(self._loops), *(() if unbatched else (x.shape[0],)), size)
            if len(state.shape) != len(expected) or any(None not in (a, b) and a != b for a, b in zip(state.shape, expected, strict=True)):
                raise ValueError(f"hx must have the shape {expected} (layers · directions, batch, size), got {tuple(state.shape)}")
        if unbatched:
            hx = tuple(ops.expand_dims(state, 1) for state in hx)
        return [[state[i] for state in hx] for i in range(len(self._loops))]


class Packed(Recurrent):
    """Put before a recurrent layer: called (input, lengths, hx), with sequences of unequal lengths padded at their ends."""

    def call(
        self,
        input: Float[Tensor, "t n i"],
        lengths: Integer[Tensor, " sequences"],
        hx: Tensor | tuple[Tensor, ...] | None = None,
        training: bool | None = None,
    ) -> tuple:
        time, batch = (1, 0) if self.batch_first else (0, 1)
        if len(input.shape) == 3:
            self._check(lengths, input.shape[batch], input.shape[time])
        steps = ops.arange(ops.shape(input)[time], dtype=lengths.dtype)
        mask = ops.expand_dims(steps, 0) < ops.expand_dims(lengths, 1)
        return super().call(input, hx, mask=mask if self.batch_first else ops.transpose(mask), training=training)

    def _check(self, lengths: Tensor, batch: int | None, steps: int | None) -> None:
        if len(lengths.shape) != 1 or (None not in (batch, lengths.shape[0]) and lengths.shape[0] != batch):
            raise ValueError(f"lengths must have one number for each of the {batch} sequences, got the shape {tuple(lengths.shape)}")
        seen = known(lengths)
        if seen is not None and seen.size and not 1 <= seen.min() <= seen.max() <= (steps or seen.max()):
            raise ValueError(f"lengths must be from 1 to the {steps} steps of the input, got {seen.tolist()}")


class OneStep(Twin):
    """Put before a cell: PyTorch's call of a cell, (input, state) → state."""

    states = 1

    def build_for(self, input_size: int, hidden_size: int) -> None:
        self.input_size, self.hidden_size = input_size, hidden_size
        self.build((None, input_size))
        self.built = True

    def call(self, input: Float[Tensor, "*n i"], hx: Tensor | tuple[Tensor, ...] | None = None) -> Tensor | tuple[Tensor, ...]:
        if len(input.shape) not in (1, 2) or input.shape[-1] != self.input_size:
            raise ValueError(f"input must have 1 or 2 axes, the last of input_size={self.input_size}, got the shape {tuple(input.shape)}")
        unbatched = len(input.shape) == 1
        x = ops.expand_dims(input, 0) if unbatched else input
        if hx is None:
            states = self.get_initial_state(batch_size=ops.shape(x)[0])
        else:
            states = [hx] if self.states == 1 else list(hx)
            expected = (*input.shape[:-1], self.hidden_size)
            for state in states:
                if len(state.shape) != len(expected) or any(None not in (a, b) and a != b for a, b in zip(state.shape, expected, strict=True)):
                    raise ValueError(f"hx must have the shape {expected} (batch, hidden_size), got {tuple(state.shape)}")
            states = [ops.expand_dims(state, 0) for state in states] if unbatched else states
        _, states = self.step(x, states)
        states = [ops.squeeze(state, 0) for state in states] if unbatched else states
        return tuple(states) if self.states > 1 else states[0]
