"""The plain recurrent net (Elman's), with PyTorch's arguments, axes, states and two biases."""

import keras

from tf_impl.layers._recurrent import OneStep, Packed, Recurrent, TwoBiases


class _Cell(TwoBiases, keras.layers.SimpleRNNCell):
    """Keras' cell with two biases."""

    def __init__(self, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", **kwargs) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f'nonlinearity must be "tanh" or "relu", got {nonlinearity!r}')
        super().__init__(hidden_size, activation=nonlinearity, use_bias=bias, **kwargs)


@keras.saving.register_keras_serializable(package="tf_impl")
class RNN(Recurrent):
    r"""Mixes each input into the state of the step before.

    $$ h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh}) $$

    Layer l > 0 reads the outputs of layer l − 1, the reverse direction reads time backwards.

    Args:
        input_size: features of x.
        hidden_size: H, features of h.
        num_layers: layers L, each on the outputs of the one before.
        nonlinearity: "tanh" or "relu".
        bias: add b_ih and b_hh.
        batch_first: the input's first axis is the batch, not time.
        dropout: probability of dropping an output between layers, in training.
        bidirectional: a second direction, D = 2, whose outputs follow the first's.

    Shapes:
        input (T, N, input_size), (N, T, input_size) if `batch_first`, or (T, input_size); output the same with D·H features; hx: h₀ (L·D, N, H), zeros if
        not given; the call returns output, h_n. mask, if given: as input without the features, True where there is a step. Of each layer and direction, in
        Keras' order of axes: kernel (features, H), recurrent_kernel (H, H), bias_ih and bias_hh (H,).

    Raises:
        ValueError: a size that is not positive, another `nonlinearity`, `dropout` outside [0, 1], an input or state of another shape.

    Differs from PyTorch:
        Keras' SimpleRNN has one bias. With the two summed its outputs agree, but the two are both trained: after one step of SGD the sum has moved twice as
        far. It is batch first and returns the last output only, of a reversed direction the outputs in reversed order (0.29 off); its `dropout` drops the
        same inputs at every step. It starts from Glorot and orthogonal kernels, PyTorch from ±1/√H for all.
        Padding: this mask freezes the state, zeroes the output, and a reverse direction starts at the last step that is True, as with PyTorch's
        packed sequences.

    Source: Elman 1990, "Finding structure in time"; the notes, "Recurrent networks".
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, **kwargs) -> None:  # fmt: skip
        self.nonlinearity = nonlinearity
        super().__init__(input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, **kwargs)

    def cell(self, **kwargs) -> _Cell:
        return _Cell(self.hidden_size, self.bias, self.nonlinearity, **kwargs)


@keras.saving.register_keras_serializable(package="tf_impl")
class PackedRNN(Packed, RNN):
    """A plain recurrent net over sequences of unequal lengths, padded at their ends: padding neither enters the states nor leaves as output.

    Args:
        as `RNN`.

    Shapes:
        input (T, N, input_size) or (N, T, input_size), lengths (N,) integers from 1 to T, hx as `RNN`; output is zero from each sequence's end on, the final
        states are those after its last step, and a reverse direction begins there.

    Raises:
        ValueError: as `RNN`; lengths that are not one number from 1 to T for each sequence (T, N and values as far as they are known).

    Differs from PyTorch:
        PyTorch packs the padded batch into a flat one and unpacks it again (`pack_padded_sequence`, `enforce_sorted=False`); Keras runs all steps under a mask.
        Without either the padded steps are processed: final state 0.165 off, a reverse direction, which reads the padding first, 0.109 at the valid steps.
        Keras' mask alone repeats the last output where PyTorch has zeros; this twin's loop has zeros.

    Source: PyTorch's documentation of `pack_padded_sequence`; the notes, "Recurrent networks".
    """


@keras.saving.register_keras_serializable(package="tf_impl")
class RNNCell(OneStep, _Cell):
    r"""One step of a plain recurrent net.

    $$ h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh}) $$

    Args:
        input_size: features of x.
        hidden_size: H, features of h.
        bias: add b_ih and b_hh.
        nonlinearity: "tanh" or "relu".

    Shapes:
        input (N, input_size) or (input_size,); hx: h (N, H) or (H,), zeros if not given; the call returns h'. kernel (input_size, H),
        recurrent_kernel (H, H), bias_ih and bias_hh (H,).

    Raises:
        ValueError: another `nonlinearity`, an input or state of another shape.

    Differs from PyTorch:
        As `RNN`. Keras' cell returns (h', [h']).

    Source: Elman 1990, "Finding structure in time".
    """

    step = _Cell.call

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", **kwargs) -> None:
        super().__init__(hidden_size, bias, nonlinearity, **kwargs)
        self.build_for(input_size, hidden_size)
